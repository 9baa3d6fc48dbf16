import type { Buffer } from 'node:buffer';
import { createInflate, inflateSync } from 'node:zlib';
import { badResponse, type TransportError } from './transport-error.ts';

/** zlib's own lower bound of `chunkSize`. */
const MIN_CHUNK_BYTES = 64;

const SKIP_CHUNK_BYTES = 256 * 1024;

/** Deflate adds a few bytes to what it cannot compress: more than this makes no sense, and is not waited for. */
const maxDeflatedBytes = (size: number): number => 2 * size + 1024;

export interface Inflated {
  readonly data: Buffer;
  /** The compressed length is not stated anywhere: zlib tells how much it consumed. */
  readonly consumed: number;
}

/**
 * Inflates an object of `size` bytes from the start of `input`.
 * @returns null where more bytes are needed. @throws TransportError `bad_response`
 */
export function inflateObject(input: Buffer, size: number): Inflated | null {
  const maxBytes = maxDeflatedBytes(size);
  const options = { info: true, chunkSize: Math.max(size + 1, MIN_CHUNK_BYTES), maxOutputLength: size + 1 };
  try {
    const { buffer, engine } = inflateSync(input.subarray(0, maxBytes), options) as unknown as InflateResult;
    if (buffer.length !== size) throw wrongSize();
    return { data: buffer, consumed: engine.bytesWritten };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'Z_BUF_ERROR') throw inflateFailure(error);
    if (input.length < maxBytes) return null;
    throw wrongSize();
  }
}

/** What `inflateSync` returns with `info: true`; its type does not say so. */
interface InflateResult {
  readonly buffer: Buffer;
  readonly engine: { readonly bytesWritten: number };
}

/**
 * Takes the bytes of an object that nobody needs, part by part, in memory that does not grow with it.
 * @returns how many of a part's bytes belong to it where it ends there, else null: whether it ends with a part, the next
 * one tells. @throws TransportError `bad_response`
 */
export type ObjectSkipper = (part: Uint8Array) => Promise<number | null>;

/** @param size bytes of the inflated object */
export function createObjectSkipper(size: number): ObjectSkipper {
  const inflater = createInflate({ chunkSize: SKIP_CHUNK_BYTES });
  let fail: (error: unknown) => void;
  let inflated = 0;
  let given = 0;
  inflater.on('error', (error) => fail(inflateFailure(error)));
  inflater.on('data', (data: Buffer) => {
    inflated += data.length;
    if (inflated > size) inflater.destroy();
  });
  const ended = new Promise<void>((resolve) => inflater.on('end', resolve));

  return async (part) => {
    const before = given;
    given += part.length;
    await new Promise<void>((resolve, reject) => {
      fail = reject;
      inflater.write(part, () => resolve());
    });
    if (inflated > size) throw wrongSize();
    if (inflater.bytesWritten === given) return null;
    await ended; // zlib leaves alone what lies behind the end of what it inflates.
    inflater.destroy();
    if (inflated !== size) throw wrongSize();
    return inflater.bytesWritten - before;
  };
}

function inflateFailure(error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ERR_BUFFER_TOO_LARGE') return wrongSize();
  return code === 'Z_DATA_ERROR' || code === 'Z_NEED_DICT' ? badResponse('an object of its pack is corrupt') : error;
}

function wrongSize(): TransportError {
  return badResponse('an object of its pack has not the stated size');
}
