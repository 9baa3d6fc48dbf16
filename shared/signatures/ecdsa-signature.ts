import { derInteger, derSequence } from './der.ts';
import { MalformedError } from './malformed-error.ts';

/** r and s as OpenSSL reads them. Handing it the raw pair (`ieee-p1363`) costs half as much again (signature facts, section 1). */
export function encodeEcdsaSignature(r: Uint8Array, s: Uint8Array, curveBits: number): Buffer {
  const longest = Math.ceil(curveBits / 8);
  if (r.length > longest || s.length > longest)
    throw new MalformedError('its numbers are longer than its curve allows');
  return derSequence(derInteger(r), derInteger(s));
}
