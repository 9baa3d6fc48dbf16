import { generateKeyPairSync, sign, verify } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { encodeEcdsaSignature } from '../../../shared/signatures/ecdsa-signature.ts';

const SIGNATURES = 200;
const hex = (text: string) => Buffer.from(text, 'hex');

describe('an ECDSA signature in DER', () => {
  it.each([
    ['P-256', 256],
    ['P-384', 384],
    ['P-521', 521],
  ])('is one of OpenSSL on %s, from numbers with all their zeros', (namedCurve, bits) => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve });
    const width = Math.ceil(bits / 8);
    for (let n = 0; n < SIGNATURES; n += 1) {
      const pair = sign('sha512', Buffer.from([n]), { key: privateKey, dsaEncoding: 'ieee-p1363' });
      const encoded = encodeEcdsaSignature(pair.subarray(0, width), pair.subarray(width), bits);
      expect(verify('sha512', Buffer.from([n]), publicKey, encoded)).toBe(true);
    }
  });

  it('has each number in its shortest form', () => {
    const encode = (r: string, s: string) => encodeEcdsaSignature(hex(r), hex(s), 256).toString('hex');
    expect(encode('01', '7f')).toBe('300602010102017f');
    expect(encode('80', '00ff')).toBe('300802020080020200ff');
    expect(encode('000001', '0100')).toBe('300702010102020100');
  });

  it('is none of zero, or of more than the curve holds', () => {
    for (const number of ['', '00', '0000', `00${'11'.repeat(32)}`])
      expect(() => encodeEcdsaSignature(hex('01'), hex(number), 256)).toThrow(/its numbers/);
  });
});
