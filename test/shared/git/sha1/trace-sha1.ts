import { type DisturbanceVector, FIRST_DISTURBANCE } from '../../../../shared/git/sha1/disturbance-vectors.ts';
import { bitsOf, signedSums } from './derive-conditions.ts';

/** SHA-1 as its standard writes it, slow and plain, with everything that lies between. */
export interface TracedBlock {
  readonly before: Int32Array;
  readonly after: Int32Array;
  readonly expanded: Int32Array;
}

type State = readonly [a: number, b: number, c: number, d: number, e: number];

const START = Int32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0);

export function traceMessage(bytes: Uint8Array): TracedBlock[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const blocks: TracedBlock[] = [];
  for (let offset = 0; offset + 64 <= bytes.length; offset += 64) {
    const words = Int32Array.from({ length: 16 }, (_, index) => view.getInt32(offset + 4 * index));
    blocks.push(traceBlock(blocks.at(-1)?.after ?? START, words));
  }
  return blocks;
}

export function traceBlock(before: Int32Array, words: Int32Array): TracedBlock {
  const expanded = new Int32Array(80);
  const word = (t: number) => expanded[t] ?? 0;
  expanded.set(words);
  for (let t = 16; t < 80; t++) expanded[t] = rotate(word(t - 3) ^ word(t - 8) ^ word(t - 14) ^ word(t - 16), 1);
  const [a = 0, b = 0, c = 0, d = 0, e = 0] = before;
  let state: State = [a, b, c, d, e];
  for (let t = 0; t < 80; t++) state = stepForwards(state, t, word(t));
  return { before, after: before.map((value, index) => value + (state[index] ?? 0)), expanded };
}

/**
 * Words of steps `first` to `last`, found by trial from the vector's test step back, such that the states of a pair
 * differ in each step by a signed sum of the vector's bits.
 */
export function followBackwards(vector: DisturbanceVector, first: number, last: number): Int32Array {
  return follow(vector, first, last, (states, t, words) => {
    const [p, q] = [stepBackwards(states[0], t, words[0]), stepBackwards(states[1], t, words[1])];
    return { next: [p, q], place: t - 5, rotated: true };
  });
}

/** The same from the test step on. */
export function followForwards(vector: DisturbanceVector, first: number, last: number): Int32Array {
  return follow(vector, first, last, (states, t, words) => {
    const [p, q] = [stepForwards(states[0], t, words[0]), stepForwards(states[1], t, words[1])];
    return { next: [p, q], place: t, rotated: false };
  });
}

type Pair = readonly [State, State];
type Move = (
  states: Pair,
  t: number,
  words: readonly [number, number],
) => { readonly next: Pair; readonly place: number; readonly rotated: boolean };

function follow(vector: DisturbanceVector, first: number, last: number, move: Move): Int32Array {
  const steps = Array.from({ length: last - first + 1 }, (_, index) =>
    vector.testStep > last ? last - index : first + index,
  );
  for (;;) {
    const words = new Int32Array(80);
    const start: State = [randomWord(), randomWord(), randomWord(), randomWord(), randomWord()];
    let states: Pair = [start, start];
    const isFollowed = steps.every((t) => {
      for (let trial = 0; trial < 60; trial++) {
        const word = randomWord();
        const { next, place, rotated } = move(states, t, [word, word ^ (vector.messageDifferences[t] ?? 0)]);
        const [p, q] = rotated ? [rotate(next[0][4], 2), rotate(next[1][4], 2)] : [next[0][0], next[1][0]];
        if (!isSignedSum((q - p) | 0, vector.disturbances[FIRST_DISTURBANCE + place] ?? 0)) continue;
        words[t] = word;
        states = next;
        return true;
      }
      return false;
    });
    if (isFollowed) return words;
  }
}

function isSignedSum(difference: number, word: number): boolean {
  return signedSums(bitsOf(word)).some(([, sum]) => sum === difference);
}

function randomWord(): number {
  return Math.floor(Math.random() * 2 ** 32) | 0;
}

function stepForwards([a, b, c, d, e]: State, t: number, word: number): State {
  return [(rotate(a, 5) + mix(t, b, c, d) + e + word) | 0, a, rotate(b, 30), c, d];
}

function stepBackwards([sum, a, rotated, c, d]: State, t: number, word: number): State {
  const b = rotate(rotated, 2);
  return [a, b, c, d, (sum - rotate(a, 5) - mix(t, b, c, d) - word) | 0];
}

function mix(t: number, b: number, c: number, d: number): number {
  if (t < 20) return ((b & c) | (~b & d)) + 0x5a827999;
  if (t < 40) return (b ^ c ^ d) + 0x6ed9eba1;
  if (t < 60) return ((b & c) ^ (b & d) ^ (c & d)) + 0x8f1bbcdc;
  return (b ^ c ^ d) + 0xca62c1d6;
}

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}
