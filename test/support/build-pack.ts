import { createHash } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import type { ObjectFormat } from '../../shared/model/oid.ts';

export type PackPart = (
  | { readonly type: 'commit' | 'tree' | 'blob' | 'tag'; readonly body: Uint8Array }
  /** `base` counts the parts from 0. */
  | { readonly type: 'ofs-delta'; readonly base: number; readonly body: Uint8Array }
  | { readonly type: 'ref-delta'; readonly base: string; readonly body: Uint8Array }
) & {
  /** A size to claim in place of the real one. */
  readonly claimedSize?: number;
};

const TYPES = { commit: 1, tree: 2, blob: 3, tag: 4, 'ofs-delta': 6, 'ref-delta': 7 } as const;

/** A pack as a hostile server may make one: every part as it is told, the checksum right. */
export function buildPack(
  parts: readonly PackPart[],
  format: ObjectFormat = 'sha1',
  claimedCount = parts.length,
): Buffer {
  const header = Buffer.alloc(12);
  header.write('PACK');
  header.writeUInt32BE(2, 4);
  header.writeUInt32BE(claimedCount, 8);
  const offsets: number[] = [];
  const pieces: Buffer[] = [header];
  let length = header.length;
  for (const part of parts) {
    offsets.push(length);
    const head = [...encodeTypeAndSize(TYPES[part.type], part.claimedSize ?? part.body.length)];
    if (part.type === 'ofs-delta') head.push(...encodeDistance(length - (offsets[part.base] ?? 0)));
    if (part.type === 'ref-delta') head.push(...Buffer.from(part.base, 'hex'));
    const piece = Buffer.concat([Buffer.from(head), deflateSync(part.body)]);
    pieces.push(piece);
    length += piece.length;
  }
  return sealPack(Buffer.concat(pieces), format);
}

/** Puts the right checksum behind a pack's body. */
export function sealPack(body: Uint8Array, format: ObjectFormat = 'sha1'): Buffer {
  return Buffer.concat([body, createHash(format).update(body).digest()]);
}

/** A delta that copies what both start with and inserts the rest. */
export function buildDelta(base: Uint8Array, target: Uint8Array): Buffer {
  let shared = 0;
  while (shared < Math.min(base.length, target.length, 0xffff) && base[shared] === target[shared]) shared += 1;
  const parts: Uint8Array[] = [encodeSize(base.length), encodeSize(target.length)];
  if (shared > 0) parts.push(Buffer.of(0b1011_0000, shared & 0xff, shared >> 8));
  for (let start = shared; start < target.length; start += 127) {
    const literal = target.subarray(start, start + 127);
    parts.push(Buffer.of(literal.length), literal);
  }
  return Buffer.concat(parts);
}

/** A number as deltas hold it: seven bits a byte, the lowest first. */
export function encodeSize(size: number): Buffer {
  const bytes: number[] = [];
  let rest = size;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  return Buffer.from([...bytes, rest]);
}

function encodeTypeAndSize(type: number, size: number): Buffer {
  const first = (type << 4) | (size & 0b1111);
  const rest = Math.floor(size / 16);
  return rest === 0 ? Buffer.of(first) : Buffer.concat([Buffer.of(first | 0x80), encodeSize(rest)]);
}

function encodeDistance(distance: number): Buffer {
  const bytes = [distance & 0x7f];
  for (let rest = distance >> 7; rest > 0; rest >>= 7) bytes.unshift((--rest & 0x7f) | 0x80);
  return Buffer.from(bytes);
}
