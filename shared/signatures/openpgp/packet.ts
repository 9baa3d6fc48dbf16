import type { ByteReader } from '../byte-reader.ts';
import { MalformedError } from '../malformed-error.ts';

/** Packet types (RFC 9580, section 5). */
export const PACKET = { signature: 2, secretKey: 5, publicKey: 6, secretSubkey: 7, marker: 10 } as const;

export interface Packet {
  readonly type: number;
  readonly body: Uint8Array;
}

/** One packet, in the current or the legacy format (RFC 9580, section 4.2). Partial and indeterminate lengths are refused. */
export function readPacket(reader: ByteReader): Packet {
  const header = reader.uint(1);
  if ((header & 0x80) === 0) throw new MalformedError('it does not start with a packet');
  const isCurrent = (header & 0x40) !== 0;
  const type = isCurrent ? header & 0x3f : (header >> 2) & 0x0f;
  const length = isCurrent ? readLength(reader) : readLegacyLength(reader, header & 0x03);
  return { type, body: reader.bytes(length) };
}

function readLength(reader: ByteReader): number {
  const first = reader.uint(1);
  if (first < 192) return first;
  if (first < 224) return (first - 192) * 256 + reader.uint(1) + 192;
  if (first === 255) return reader.uint(4);
  throw new MalformedError('it has a packet of partial length');
}

function readLegacyLength(reader: ByteReader, lengthType: number): number {
  if (lengthType === 0) return reader.uint(1);
  if (lengthType === 1) return reader.uint(2);
  if (lengthType === 2) return reader.uint(4);
  throw new MalformedError('it has a packet of indeterminate length');
}
