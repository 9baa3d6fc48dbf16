import { createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { MalformedError } from '../../../../shared/signatures/malformed-error.ts';
import { RefusedSignature } from '../../../../shared/signatures/refused-signature.ts';
import { isMadeBy } from '../../../../shared/signatures/x509/prove-signature.ts';

const RSA = '1.2.840.113549.1.1.1';
const RSA_SHA256 = '1.2.840.113549.1.1.11';
const ECDSA_SHA256 = '1.2.840.10045.4.3.2';
const ED25519 = '1.3.101.112';
const SHA256 = '2.16.840.1.101.3.4.2.1';
const SHA512 = '2.16.840.1.101.3.4.2.3';
const SHA1 = '1.3.14.3.2.26';
const bytes = Buffer.from('signed attributes');
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ed25519 = generateKeyPairSync('ed25519');

function judge(key: KeyObject, signature: Uint8Array, signatureAlgorithm: string, digestAlgorithm: string | null) {
  return () => isMadeBy(key, { bytes, signature, signatureAlgorithm, digestAlgorithm });
}

describe('a signature by a certificate (trust rules 2.4, 2.5)', () => {
  const byRsa = sign('sha256', bytes, rsa.privateKey);

  it('is proven by RSA with the digest that its algorithm names, or the one beside it', () => {
    for (const [algorithm, digest] of [
      [RSA_SHA256, null] as const,
      [RSA_SHA256, SHA256] as const,
      [RSA, SHA256] as const,
    ])
      expect(judge(rsa.publicKey, byRsa, algorithm, digest)()).toBe(true);
    expect(judge(rsa.publicKey, byRsa, RSA, SHA512)()).toBe(false);
    expect(judge(rsa.publicKey, byRsa, RSA, null)).toThrow(MalformedError);
    expect(judge(rsa.publicKey, byRsa, RSA_SHA256, SHA512)).toThrow(MalformedError);
  });

  it('is proven by Ed25519, which needs no digest', () => {
    const signature = sign(null, bytes, ed25519.privateKey);
    expect(judge(ed25519.publicKey, signature, ED25519, SHA512)()).toBe(true);
    expect(judge(ed25519.publicKey, signature.toReversed(), ED25519, null)()).toBe(false);
  });

  it('is refused with a weak digest, an unknown algorithm or that of another key', () => {
    expect(judge(rsa.publicKey, byRsa, RSA, SHA1)).toThrow(RefusedSignature);
    expect(judge(rsa.publicKey, byRsa, '1.2.840.113549.1.1.5', null)).toThrow(RefusedSignature);
    expect(judge(rsa.publicKey, byRsa, ECDSA_SHA256, SHA256)).toThrow(MalformedError);
    const x25519 = generateKeyPairSync('x25519').publicKey;
    expect(judge(x25519, byRsa, ED25519, null)).toThrow(MalformedError);
  });

  it('is refused by an RSA key of a weak exponent: with 1 anybody signs', () => {
    const jwk = rsa.publicKey.export({ format: 'jwk' });
    const withExponent = (...exponent: readonly number[]) =>
      createPublicKey({ key: { ...jwk, e: Buffer.from(exponent).toString('base64url') }, format: 'jwk' });
    for (const exponent of [[1], [2], [4], [1, 0, 0, 0, 0, 0, 0, 0, 1]]) {
      expect(judge(withExponent(...exponent), byRsa, RSA_SHA256, null)).toThrow(RefusedSignature);
    }
  });
});
