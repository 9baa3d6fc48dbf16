import { CHAINING, compressBlock, EXPANDED, startChaining } from './compress.ts';
import { DISTURBANCE_VECTORS } from './disturbance-vectors.ts';
import { collidesBy } from './recompress.ts';
import { remainingVectors } from './unavoidable-conditions.ts';

export interface Sha1Result {
  readonly digest: Uint8Array;
  /** A block of the message is one of a colliding pair: nothing may be told by this digest. */
  readonly collides: boolean;
}

const BLOCK_BYTES = 64;

/** Blocks that lie in more than one part, and the padding. */
const scratch = new Uint8Array(2 * BLOCK_BYTES);
const scratchView = new DataView(scratch.buffer);
const before = new Int32Array(5);

/**
 * SHA-1 with collision detection (Stevens 2013; Stevens and Shumow 2017) of all parts, one after the other. Every block is
 * looked at: the last one of a collision attack is found whichever file of the pair this is.
 */
export function hashSha1(parts: readonly Uint8Array[]): Sha1Result {
  startChaining();
  let collides = false;
  let total = 0;
  let held = 0;
  for (const part of parts) {
    total += part.length;
    let position = 0;
    if (held > 0) {
      position = Math.min(BLOCK_BYTES - held, part.length);
      scratch.set(part.subarray(0, position), held);
      held += position;
      if (held < BLOCK_BYTES) continue;
      collides = takeBlock(scratchView, 0) || collides;
    }
    const view = new DataView(part.buffer, part.byteOffset, part.length);
    for (; position + BLOCK_BYTES <= part.length; position += BLOCK_BYTES)
      collides = takeBlock(view, position) || collides;
    scratch.set(part.subarray(position));
    held = part.length - position;
  }

  // The padding (FIPS 180-4, 5.1.1): one bit, zeros, and the length in bits.
  const end = held + 9 > BLOCK_BYTES ? 2 * BLOCK_BYTES : BLOCK_BYTES;
  scratch.fill(0, held, end);
  scratch[held] = 0x80;
  scratchView.setUint32(end - 8, total / 2 ** 29);
  scratchView.setUint32(end - 4, 8 * total);
  for (let offset = 0; offset < end; offset += BLOCK_BYTES) collides = takeBlock(scratchView, offset) || collides;

  const digest = new Uint8Array(20);
  const digestView = new DataView(digest.buffer);
  for (let index = 0; index < 5; index++) digestView.setInt32(4 * index, CHAINING[index] as number);
  return { digest, collides };
}

/** @returns whether the block is one of a colliding pair */
function takeBlock(bytes: DataView, offset: number): boolean {
  for (let index = 0; index < 5; index++) before[index] = CHAINING[index] as number;
  compressBlock(bytes, offset);
  const remaining = remainingVectors(EXPANDED);
  return remaining !== 0 && collidesByAny(remaining);
}

function collidesByAny(remaining: number): boolean {
  return DISTURBANCE_VECTORS.some(
    (vector, index) => ((remaining >>> index) & 1) === 1 && collidesBy(vector, before, CHAINING, EXPANDED),
  );
}
