import { ByteReader } from '../byte-reader.ts';
import { MalformedError } from '../malformed-error.ts';

/** The fields of one message of Protocol Buffers, by number: integers and byte strings alone (wire types 0 and 2). */
export type ProtobufFields = ReadonlyMap<number, readonly (bigint | Buffer)[]>;

const VARINT = 0;
const LENGTH_DELIMITED = 2;

/** @throws MalformedError */
export function readProtobuf(bytes: Uint8Array): ProtobufFields {
  const reader = new ByteReader(bytes);
  const fields = new Map<number, (bigint | Buffer)[]>();
  while (reader.remaining > 0) {
    const key = Number(readVarint(reader));
    const value = readValue(reader, key & 7);
    const values = fields.get(key >>> 3) ?? [];
    values.push(value);
    fields.set(key >>> 3, values);
  }
  return fields;
}

function readValue(reader: ByteReader, wireType: number): bigint | Buffer {
  if (wireType === VARINT) return readVarint(reader);
  if (wireType !== LENGTH_DELIMITED) throw new MalformedError('its log entry has a field of another kind');
  const length = readVarint(reader);
  if (length > BigInt(reader.remaining)) throw new MalformedError('its log entry ends too early');
  return reader.bytes(Number(length));
}

function readVarint(reader: ByteReader): bigint {
  let value = 0n;
  for (let shift = 0n; shift < 64n; shift += 7n) {
    const byte = BigInt(reader.uint(1));
    value |= (byte & 0x7fn) << shift;
    if (byte < 0x80n) return value;
  }
  throw new MalformedError('its log entry has a number that is too long');
}
