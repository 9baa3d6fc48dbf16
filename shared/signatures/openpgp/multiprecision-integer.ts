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
