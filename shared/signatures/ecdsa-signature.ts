import { MalformedError } from './malformed-error.ts';

const INTEGER = 0x02;
const SEQUENCE = 0x30;

/** r and s as OpenSSL reads them. Handing it the raw pair (`ieee-p1363`) costs half as much again (signature facts, section 1). */
export function encodeEcdsaSignature(r: Uint8Array, s: Uint8Array, curveBits: number): Buffer {
  const longest = Math.ceil(curveBits / 8);
  if (r.length > longest || s.length > longest)
    throw new MalformedError('its numbers are longer than its curve allows');
  const [rShort, sShort] = [withoutZeros(r), withoutZeros(s)];
  const [rBytes, sBytes] = [integerBytes(rShort), integerBytes(sShort)];
  const length = 4 + rBytes + sBytes;
  const isLong = length >= 0x80;
  const encoded = Buffer.allocUnsafe((isLong ? 3 : 2) + length);
  encoded[0] = SEQUENCE;
  // The longest curve's has 139 bytes.
  if (isLong) encoded[1] = 0x81;
  encoded[isLong ? 2 : 1] = length;
  writeInteger(encoded, encoded.length - length, rShort, rBytes);
  writeInteger(encoded, encoded.length - sBytes - 2, sShort, sBytes);
  return encoded;
}

/** DER has one spelling of each number. */
function withoutZeros(magnitude: Uint8Array): Uint8Array {
  let start = 0;
  while (magnitude[start] === 0) start += 1;
  if (start === magnitude.length) throw new MalformedError('one of its numbers is zero');
  return start === 0 ? magnitude : magnitude.subarray(start);
}

/** A number with its top bit set takes a zero byte before it: it is positive. */
function integerBytes(magnitude: Uint8Array): number {
  return magnitude.length + (Number(magnitude[0]) >> 7);
}

function writeInteger(target: Buffer, offset: number, magnitude: Uint8Array, bytes: number): void {
  target[offset] = INTEGER;
  target[offset + 1] = bytes;
  target[offset + 2] = 0;
  target.set(magnitude, offset + 2 + bytes - magnitude.length);
}
