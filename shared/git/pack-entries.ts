import type { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { inflateSync } from 'node:zlib';
import type { BranchLimits } from '../model/limits.ts';
import { type ObjectFormat, type Oid, oidBytes } from '../model/oid.ts';
import { badResponse, limitExceeded, truncatedPack } from './transport-error.ts';

/** One object of a pack, inflated (gitformat-pack, "pack-*.pack files"). */
export type PackEntry =
  | { readonly kind: 'commit' | 'tag' | 'other'; readonly offset: number; readonly data: Buffer }
  /** `base` is the offset of an earlier entry, or an id. */
  | { readonly kind: 'delta'; readonly offset: number; readonly data: Buffer; readonly base: number | Oid };

/** Bounds of one pack: objects in it, bytes of one inflated object. */
export interface PackEntryLimits extends Pick<BranchLimits, 'objectBytes'> {
  readonly objects: number;
}

const HEADER_BYTES = 12;
const COMMIT = 1;
const TAG = 4;
const OFS_DELTA = 6;
const REF_DELTA = 7;

const KINDS: ReadonlyMap<number, 'commit' | 'tag'> = new Map([
  [COMMIT, 'commit'],
  [TAG, 'tag'],
]);

/** zlib's own lower bound of `chunkSize`. */
const MIN_CHUNK_BYTES = 64;

/**
 * Reads a pack from its first byte to its trailer, which is checked last.
 * @throws TransportError `truncated_pack`, `bad_response` or `limit_exceeded`
 */
export function* readPackEntries(pack: Buffer, format: ObjectFormat, limits: PackEntryLimits): Generator<PackEntry> {
  const end = pack.length - oidBytes(format);
  const count = readObjectCount(pack, end);
  if (count > limits.objects) throw limitExceeded('commits', `The pack has ${count} objects`);
  const body = pack.subarray(0, end);

  let position = HEADER_BYTES;
  for (let index = 0; index < count; index++) {
    const offset = position;
    const header = readEntryHeader(body, offset, format);
    // Trust rule 4.7: the size is a claim, refused before anything is allocated for it.
    if (header.size > limits.objectBytes)
      throw limitExceeded('objectBytes', `An object has more than ${limits.objectBytes} bytes`);
    const { data, consumed } = inflate(body.subarray(header.end), header.size);
    position = header.end + consumed;
    yield header.base === null
      ? { kind: KINDS.get(header.type) ?? 'other', offset, data }
      : { kind: 'delta', offset, data, base: header.base };
  }
  if (position !== end) throw badResponse('its pack has data after the last object');
  if (!createHash(format).update(body).digest().equals(pack.subarray(end)))
    throw badResponse('its pack does not match its checksum');
}

function readObjectCount(pack: Buffer, end: number): number {
  if (end < HEADER_BYTES) throw truncatedPack('not even its header is whole');
  const version = pack.readUInt32BE(4);
  if (pack.toString('latin1', 0, 4) !== 'PACK' || (version !== 2 && version !== 3))
    throw badResponse('its pack has no valid header');
  return pack.readUInt32BE(8);
}

interface EntryHeader {
  readonly type: number;
  readonly size: number;
  readonly base: number | Oid | null;
  readonly end: number;
}

function readEntryHeader(body: Buffer, offset: number, format: ObjectFormat): EntryHeader {
  let end = offset;
  const takeByte = (): number => {
    const byte = body[end++];
    if (byte === undefined) throw truncatedPack('an object is missing');
    return byte;
  };

  let byte = takeByte();
  const type = (byte >> 4) & 0b111;
  let size = byte & 0b1111;
  for (let factor = 0b10000; byte >= 0x80; factor *= 0x80) {
    byte = takeByte();
    size += (byte & 0x7f) * factor;
    if (!Number.isSafeInteger(size)) throw badResponse('its pack states an impossible size');
  }

  if (type === OFS_DELTA) {
    byte = takeByte();
    let distance = byte & 0x7f;
    while (byte >= 0x80 && distance < offset) {
      byte = takeByte();
      distance = (distance + 1) * 0x80 + (byte & 0x7f);
    }
    if (distance === 0 || distance > offset - HEADER_BYTES)
      throw badResponse('its pack has a delta whose base lies outside');
    return { type, size, base: offset - distance, end };
  }
  if (type === REF_DELTA) {
    const start = end;
    end += oidBytes(format);
    if (end > body.length) throw truncatedPack('an object is missing');
    return { type, size, base: body.toString('hex', start, end) as Oid, end };
  }
  if (type < COMMIT || type > TAG) throw badResponse('its pack has an object of unknown type');
  return { type, size, base: null, end };
}

/** The compressed length is not stated anywhere: zlib tells how much it consumed. */
function inflate(input: Buffer, size: number): { readonly data: Buffer; readonly consumed: number } {
  const options = { info: true, chunkSize: Math.max(size + 1, MIN_CHUNK_BYTES), maxOutputLength: size + 1 };
  try {
    const { buffer, engine } = inflateSync(input, options) as unknown as InflateResult;
    if (buffer.length !== size) throw badResponse('an object of its pack has not the stated size');
    return { data: buffer, consumed: engine.bytesWritten };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'Z_BUF_ERROR') throw truncatedPack('an object is incomplete');
    if (code === 'Z_DATA_ERROR' || code === 'Z_NEED_DICT') throw badResponse('an object of its pack is corrupt');
    if (code === 'ERR_BUFFER_TOO_LARGE') throw badResponse('an object of its pack has not the stated size');
    throw error;
  }
}

/** What `inflateSync` returns with `info: true`; its type does not say so. */
interface InflateResult {
  readonly buffer: Buffer;
  readonly engine: { readonly bytesWritten: number };
}
