import type { Buffer } from 'node:buffer';
import { type ObjectFormat, type Oid, oidBytes } from '../model/oid.ts';
import type { ObjectType } from './object-id.ts';
import { badResponse } from './transport-error.ts';

/** What stands before an object's deflated bytes (gitformat-pack, "pack-*.pack files"). */
export type PackEntry = {
  /** Of the entry's first byte in the pack. */
  readonly offset: number;
  /** Bytes of the inflated object, or delta: a claim. */
  readonly size: number;
  readonly headerBytes: number;
} & (
  | { readonly type: ObjectType }
  /** `base` is the offset of an earlier entry, or an id. */
  | { readonly type: 'delta'; readonly base: number | Oid }
);

/** Bytes before the first entry: `PACK`, version, number of objects. */
export const PACK_HEADER_BYTES = 12;

const OFS_DELTA = 6;
const REF_DELTA = 7;

const TYPES: ReadonlyMap<number, ObjectType> = new Map([
  [1, 'commit'],
  [2, 'tree'],
  [3, 'blob'],
  [4, 'tag'],
]);

/**
 * Reads the entry at the start of `bytes`, which lies at `offset` in the pack.
 * @returns null where more bytes are needed. @throws TransportError `bad_response`
 */
export function readPackEntry(bytes: Buffer, offset: number, format: ObjectFormat): PackEntry | null {
  const first = bytes[0];
  if (first === undefined) return null;
  let position = 1;
  let size = first & 0b1111;
  for (let byte = first, factor = 0b10000; byte >= 0x80; factor *= 0x80) {
    const next = bytes[position++];
    if (next === undefined) return null;
    byte = next;
    size += (byte & 0x7f) * factor;
    if (!Number.isSafeInteger(size)) throw badResponse('its pack states an impossible size');
  }

  const code = (first >> 4) & 0b111;
  if (code === OFS_DELTA) {
    let distance = -1;
    let byte: number | undefined;
    do {
      byte = bytes[position++];
      if (byte === undefined) return null;
      distance = (distance + 1) * 0x80 + (byte & 0x7f);
    } while (byte >= 0x80 && distance < offset);
    if (distance === 0 || distance > offset - PACK_HEADER_BYTES)
      throw badResponse('its pack has a delta whose base lies outside');
    return { type: 'delta', offset, size, headerBytes: position, base: offset - distance };
  }
  if (code === REF_DELTA) {
    const end = position + oidBytes(format);
    if (end > bytes.length) return null;
    return { type: 'delta', offset, size, headerBytes: end, base: bytes.toString('hex', position, end) as Oid };
  }
  const type = TYPES.get(code);
  if (type === undefined) throw badResponse('its pack has an object of unknown type');
  return { type, offset, size, headerBytes: position };
}
