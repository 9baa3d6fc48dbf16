import type { ByteReader } from '../byte-reader.ts';
import { MalformedError } from '../malformed-error.ts';

/** A length and that many bytes (RFC 4251, section 5). */
export function readString(reader: ByteReader): Buffer {
  return reader.bytes(reader.uint(4));
}

/** A string that names something: printable ASCII. */
export function readName(reader: ByteReader): string {
  const bytes = readString(reader);
  if (bytes.length > 255 || bytes.some((byte) => byte < 0x21 || byte > 0x7e)) {
    throw new MalformedError('it has a name that is too long or not printable');
  }
  return bytes.toString('latin1');
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
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
