import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import type { ObjectFormat } from '../model/oid.ts';

/** Bytes of a pack that were received and not yet taken, and the checksum of those that were. */
export interface PackInput {
  /** Bytes taken so far: where the rest starts in the pack. */
  readonly taken: number;
  /** Copies `chunk`: it may be a small part of a large buffer. */
  append(chunk: Uint8Array): void;
  /** What is not taken yet, until the next `append`. */
  rest(): Buffer;
  take(length: number): void;
  /** Of all that was taken; to be asked for once. */
  checksum(): Buffer;
}

const INITIAL_BYTES = 128 * 1024;

export function createPackInput(format: ObjectFormat): PackInput {
  const hash = createHash(format);
  let buffer: Buffer = Buffer.allocUnsafe(INITIAL_BYTES);
  let hashed = 0;
  let start = 0;
  let end = 0;
  /** Bytes before the buffer's first. */
  let before = 0;

  const hashTaken = (): void => {
    hash.update(buffer.subarray(hashed, start));
    hashed = start;
  };
  /** Makes room for `length` more bytes, in a larger buffer where this one is too small. */
  const makeRoom = (length: number): void => {
    hashTaken();
    const rest = buffer.subarray(start, end);
    const needed = rest.length + length;
    if (needed > buffer.length) buffer = Buffer.allocUnsafe(Math.max(2 * buffer.length, needed));
    buffer.set(rest);
    before += start;
    hashed = 0;
    start = 0;
    end = rest.length;
  };

  return {
    get taken() {
      return before + start;
    },
    append: (chunk) => {
      if (end + chunk.length > buffer.length) makeRoom(chunk.length);
      buffer.set(chunk, end);
      end += chunk.length;
    },
    rest: () => buffer.subarray(start, end),
    take: (length) => {
      start += length;
    },
    checksum: () => {
      hashTaken();
      return hash.digest();
    },
  };
}
