import { CHAINING, INPUT, INPUT_BYTES, openScanner, type Scanner } from '../scanner.ts';

export interface Sha1Result {
  readonly digest: Uint8Array;
  /** A block of the message is one of a colliding pair: nothing may be told by this digest. */
  readonly collides: boolean;
}

const BLOCK_BYTES = 64;

/**
 * SHA-1 with collision detection (Stevens 2013; Stevens and Shumow 2017) of all parts, one after the other. Every block is
 * looked at: the last one of a collision attack is found whichever file of the pair this is.
 */
export function hashSha1(parts: readonly Uint8Array[]): Sha1Result {
  const scanner = openScanner();
  const { memory } = scanner;
  scanner.startSha1();
  let collides = false;
  let total = 0;
  let held = 0;
  for (const part of parts) {
    total += part.length;
    for (let position = 0; position < part.length; ) {
      const taken = Math.min(part.length - position, INPUT_BYTES - held);
      memory.set(part.subarray(position, position + taken), INPUT + held);
      position += taken;
      held += taken;
      if (held < INPUT_BYTES) continue;
      collides = takeBlocks(scanner, held) || collides;
      held = 0;
    }
  }

  // The padding (FIPS 180-4, 5.1.1): one bit, zeros, and the length in bits. The input has room for it behind its end.
  const padded = Math.ceil((held + 9) / BLOCK_BYTES) * BLOCK_BYTES;
  memory.fill(0, INPUT + held, INPUT + padded);
  memory[INPUT + held] = 0x80;
  memory.writeUInt32BE(Math.floor(total / 2 ** 29), INPUT + padded - 8);
  memory.writeUInt32BE((8 * total) % 2 ** 32, INPUT + padded - 4);
  collides = takeBlocks(scanner, padded) || collides;

  const digest = new Uint8Array(20);
  const view = new DataView(digest.buffer);
  for (let index = 0; index < 5; index++) view.setInt32(4 * index, scanner.words[CHAINING / 4 + index] as number);
  return { digest, collides };
}

/** @returns whether one of the blocks in the first `length` bytes of the input is one of a colliding pair */
function takeBlocks({ hashBlocks }: Scanner, length: number): boolean {
  return hashBlocks(INPUT, INPUT + length) === 1;
}
