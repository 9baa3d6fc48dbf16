import { createHash } from 'node:crypto';

/**
 * The name of a statement key: SHA-256 of its SubjectPublicKeyInfo (DER), hexadecimal. Whoever has the public key can compute
 * it: `openssl pkey -pubin -in key.pem -outform DER | sha256sum`. It only helps to choose among keys, and proves nothing.
 */
export function keyIdOf(spki: Uint8Array): string {
  return createHash('sha256').update(spki).digest('hex');
}
