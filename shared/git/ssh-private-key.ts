import { Buffer } from 'node:buffer';
import { createPrivateKey, type KeyObject } from 'node:crypto';
import ssh2, { type ParsedKey } from 'ssh2';
import { TransportError } from './transport-error.ts';

/** What `sign` of the key fails with where the server takes RSA with SHA-1 alone. */
export const SHA1_ONLY = 'RSA with SHA-1';

/**
 * A deploy key: ed25519, ecdsa or rsa, as `ssh-keygen` or `openssl` write it. It makes no signature with SHA-1. To open one that
 * OpenSSH encrypted takes seconds.
 * @throws TransportError that holds nothing of the key (trust rule 7.3)
 */
export function readPrivateKey(text: string, passphrase: string | null): ParsedKey {
  const isOpenSsh = /^\s*-----BEGIN OPENSSH PRIVATE KEY-----\r?\n/.test(text);
  const key = ssh2.utils.parseKey(isOpenSsh ? text : openSshOrPem(text, passphrase), passphrase ?? undefined);
  // Typed as if it always were one; a file may hold no key at all.
  if (!(key instanceof Object) || key instanceof Error) throw unreadable(key?.message ?? '');
  if (!key.isPrivateKey() || key.type === 'ssh-dss') throw unreadable('');
  const { sign } = key;
  // The signature algorithms of RFC 8332 come with their hash; ssh-rsa comes with SHA-1, or with none.
  const signs = (algorithm: string | undefined) => key.type !== 'ssh-rsa' || /^sha(?:256|512)$/.test(algorithm ?? '');
  const guarded = (data: Buffer | string, algorithm?: string): Buffer | Error =>
    signs(algorithm) ? sign.call(key, data, algorithm) : new Error(SHA1_ONLY);
  return Object.assign(key, { sign: guarded as ParsedKey['sign'] });
}

/** ssh2 reads no PKCS#8: what Node reads is handed on in a form that it does. */
function openSshOrPem(text: string, passphrase: string | null): string {
  const key = readPem(text, passphrase);
  switch (key.asymmetricKeyType) {
    case 'rsa':
      return key.export({ type: 'pkcs1', format: 'pem' }).toString();
    case 'ec':
      return key.export({ type: 'sec1', format: 'pem' }).toString();
    case 'ed25519':
      return encodeEd25519(key);
    default:
      throw unreadable('');
  }
}

function readPem(text: string, passphrase: string | null): KeyObject {
  try {
    return createPrivateKey({ key: text, format: 'pem', ...(passphrase === null ? {} : { passphrase }) });
  } catch {
    if (!/ENCRYPTED/.test(text)) throw unreadable('');
    throw unreadable(passphrase === null ? 'no passphrase' : 'bad passphrase');
  }
}

/** OpenSSH's PROTOCOL.key, without a passphrase. */
function encodeEd25519(key: KeyObject): string {
  const { x = '', d = '' } = key.export({ format: 'jwk' });
  const [point, seed] = [x, d].map((part) => Buffer.from(part, 'base64url')) as [Buffer, Buffer];
  const publicKey = Buffer.concat([field('ssh-ed25519'), field(point)]);
  const secret = Buffer.concat([Buffer.alloc(8), publicKey, field(Buffer.concat([seed, point])), field('')]);
  const padding = Buffer.from([1, 2, 3, 4, 5, 6, 7]).subarray(0, -secret.length & 7);
  const body = [field('none'), field('none'), field(''), Buffer.from([0, 0, 0, 1]), field(publicKey)];
  const whole = [Buffer.from('openssh-key-v1\0'), ...body, field(Buffer.concat([secret, padding]))];
  const base64 = Buffer.concat(whole).toString('base64');
  return `-----BEGIN OPENSSH PRIVATE KEY-----\n${base64}\n-----END OPENSSH PRIVATE KEY-----`;
}

function field(value: Buffer | string): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(Buffer.byteLength(value));
  return Buffer.concat([length, Buffer.from(value as string)]);
}

/** @param reason - as ssh2 words it; it may quote the file, so that it is not handed on */
function unreadable(reason: string): TransportError {
  const message = /no passphrase/.test(reason)
    ? 'The deploy key is encrypted. Name its passphrase under `credentials`: `passphrase: { secretRef: … }`, or store a key without one.'
    : /bad passphrase/.test(reason)
      ? 'The passphrase does not open the deploy key. Store both again with `headlock secret set NAME --purpose git`.'
      : 'The deploy key cannot be read. Store the whole file that `ssh-keygen -t ed25519` wrote (ecdsa and rsa do, too): `headlock secret set NAME --purpose git < FILE`.';
  return new TransportError('refused_credentials', message);
}
