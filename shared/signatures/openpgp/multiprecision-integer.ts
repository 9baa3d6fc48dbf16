import type { ByteReader } from '../byte-reader.ts';
import { MalformedError } from '../malformed-error.ts';
import { bitLength } from '../spki.ts';

/**
 * A multiprecision integer: bit count, then big-endian bytes (RFC 9580, section 3.2). The count must be exact: each number
 * has one spelling.
 */
export function readMpi(reader: ByteReader): Uint8Array {
  const bits = reader.uint(2);
  const magnitude = reader.bytes((bits + 7) >> 3);
  if (bits === 0 || bitLength(magnitude) !== bits) throw new MalformedError('a number has a wrong bit count');
  return magnitude;
}

/**
 * The same of a signature. GitHub and others count the bits of the key instead, and pad the number to them: nothing signs the
 * count, and the number is the same.
 * @returns the number, with zero bytes before it where it is padded so
 */
export function readPaddedMpi(reader: ByteReader): Uint8Array {
  const bits = reader.uint(2);
  const padded = reader.bytes((bits + 7) >> 3);
  if (bitLength(padded) > bits) throw new MalformedError('a number has a wrong bit count');
  return padded;
}
