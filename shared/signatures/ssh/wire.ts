import type { ByteReader } from '../byte-reader.ts';
import { MalformedError } from '../malformed-error.ts';

/** A length and that many bytes (RFC 4251, section 5). */
export function readString(reader: ByteReader): Buffer {
  return reader.bytes(reader.uint(4));
}

const MAX_NAME_BYTES = 255;
const PRINTABLE = /^[\x21-\x7e]*$/;

/** A string that names something: printable ASCII. */
export function readName(reader: ByteReader): string {
  const bytes = readString(reader);
  const name = bytes.toString('latin1', 0, MAX_NAME_BYTES);
  if (bytes.length > MAX_NAME_BYTES || !PRINTABLE.test(name)) {
    throw new MalformedError('it has a name that is too long or not printable');
  }
  return name;
}

/** The bytes of a positive multiple precision integer, without leading zeros (RFC 4251, section 5: the shortest spelling alone). */
export function readPositiveInteger(reader: ByteReader): Uint8Array {
  const bytes = readString(reader);
  const [first = 0, second = 0] = bytes;
  const isPadded = first === 0;
  if (bytes.length === 0 || first >= 0x80 || (isPadded && second < 0x80)) {
    throw new MalformedError('it has a number that is not positive or not in its shortest form');
  }
  return isPadded ? bytes.subarray(1) : bytes;
}

/** The reverse of `readString`. */
export function writeString(bytes: Uint8Array): Buffer {
  const string = Buffer.allocUnsafe(4 + bytes.length);
  string.writeUInt32BE(bytes.length);
  string.set(bytes, 4);
  return string;
}
