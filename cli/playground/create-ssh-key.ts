import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { writeString } from '../../shared/signatures/ssh/wire.ts';

export interface SshKeyPair {
  /** The text of a private key file without passphrase. */
  readonly privateKey: string;
  /** The line of a `.pub` file, without line feed. */
  readonly publicKey: string;
}

const TYPE = 'ssh-ed25519';
const BLOCK_BYTES = 8;
const LINE_LENGTH = 70;

/** A fresh Ed25519 key pair in OpenSSH's own format (PROTOCOL.key), made without OpenSSH. */
export function createSshKey(comment: string): SshKeyPair {
  const { privateKey } = generateKeyPairSync('ed25519');
  const { d = '', x = '' } = privateKey.export({ format: 'jwk' });
  const [seed, point] = [Buffer.from(d, 'base64url'), Buffer.from(x, 'base64url')];
  const blob = Buffer.concat([string(TYPE), string(point)]);
  const check = randomBytes(4);
  const secret = Buffer.concat([check, check, blob, string(Buffer.concat([seed, point])), string(comment)]);
  const padding = Buffer.from(Array.from({ length: -secret.length & (BLOCK_BYTES - 1) }, (_, index) => index + 1));
  const file = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    ...[string('none'), string('none'), string('')],
    uint32(1),
    string(blob),
    string(Buffer.concat([secret, padding])),
  ]);
  const lines = file.toString('base64').match(new RegExp(`.{1,${LINE_LENGTH}}`, 'g')) ?? [];
  return {
    privateKey: ['-----BEGIN OPENSSH PRIVATE KEY-----', ...lines, '-----END OPENSSH PRIVATE KEY-----', ''].join('\n'),
    publicKey: `${TYPE} ${blob.toString('base64')} ${comment}`,
  };
}

/** RFC 4251, section 5. */
function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

const string = (value: string | Buffer): Buffer => writeString(Buffer.from(value));
