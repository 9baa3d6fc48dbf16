import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { writeString } from '../../shared/signatures/ssh/wire.ts';

/** An Ed25519 key. */
export interface SigningKey {
  /** As SSH writes it (RFC 8709, section 4). */
  readonly publicKey: Uint8Array;
  /** 64 bytes. */
  sign(bytes: Uint8Array): Uint8Array;
}

const NAMESPACE = 'git';
const HASH = 'sha512';
const VERSION = Buffer.from([0, 0, 0, 1]);
/** As `ssh-keygen -Y sign` breaks lines. */
const LINE_LENGTH = 70;

/** An armored SSH signature over `payload` (PROTOCOL.sshsig), as `gpgsig` holds it. */
export function signPayload(payload: Uint8Array, key: SigningKey): string {
  const named = [NAMESPACE, '', HASH].map((text) => writeString(Buffer.from(text)));
  const digest = writeString(createHash(HASH).update(payload).digest());
  const signed = key.sign(Buffer.concat([Buffer.from('SSHSIG'), ...named, digest]));
  const signature = Buffer.concat([Buffer.from('ssh-ed25519'), signed].map(writeString));
  const blob = [VERSION, writeString(key.publicKey), ...named, writeString(signature)];
  const base64 = Buffer.concat([Buffer.from('SSHSIG'), ...blob]).toString('base64');
  const lines = base64.match(new RegExp(`.{1,${LINE_LENGTH}}`, 'g')) ?? [];
  return ['-----BEGIN SSH SIGNATURE-----', ...lines, '-----END SSH SIGNATURE-----'].join('\n');
}
