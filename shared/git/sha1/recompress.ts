import type { DisturbanceVector } from './disturbance-vectors.ts';

/**
 * Counter-cryptanalysis (Stevens 2013): assumes that the block is one of a pair that an attack with this vector made, makes
 * the other one, and tells whether both give the same chaining value. The pair's working states are equal at the vector's
 * test step, so from there the other block is followed back to its start and on to its end.
 * @param before the chaining value before the block; `after` the one after it; `expanded` the block's 80 words
 */
export function collidesBy(
  { messageDifferences, testStep }: DisturbanceVector,
  before: Readonly<Int32Array>,
  after: Readonly<Int32Array>,
  expanded: Readonly<Int32Array>,
): boolean {
  for (let t = 0; t < 80; t++) other[t] = (expanded[t] ?? 0) ^ (messageDifferences[t] ?? 0);
  end.set(before);
  stepForwards(end, expanded, 0, testStep);
  start.set(end);
  stepBackwards(start, other, testStep);
  stepForwards(end, other, testStep, 80);
  for (let index = 0; index < 5; index++)
    if ((((start[index] ?? 0) + (end[index] ?? 0)) | 0) !== after[index]) return false;
  return true;
}

/** The other block's expanded message, and its working states before the first step and after the last. */
const other = new Int32Array(80);
const start = new Int32Array(5);
const end = new Int32Array(5);

function stepForwards(state: Int32Array, w: Readonly<Int32Array>, from: number, to: number): void {
  let a = state[0] ?? 0;
  let b = state[1] ?? 0;
  let c = state[2] ?? 0;
  let d = state[3] ?? 0;
  let e = state[4] ?? 0;
  for (let t = from; t < to; t++) {
    const next = (((a << 5) | (a >>> 27)) + mix(t, b, c, d) + e + (w[t] ?? 0)) | 0;
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = next;
  }
  save(state, a, b, c, d, e);
}

/** Undoes the steps before `from`. */
function stepBackwards(state: Int32Array, w: Readonly<Int32Array>, from: number): void {
  let a = state[0] ?? 0;
  let b = state[1] ?? 0;
  let c = state[2] ?? 0;
  let d = state[3] ?? 0;
  let e = state[4] ?? 0;
  for (let t = from - 1; t >= 0; t--) {
    const sum = a;
    a = b;
    b = (c << 2) | (c >>> 30);
    c = d;
    d = e;
    e = (sum - ((a << 5) | (a >>> 27)) - mix(t, b, c, d) - (w[t] ?? 0)) | 0;
  }
  save(state, a, b, c, d, e);
}

/** The step's function and constant (FIPS 180-4, 4.1.1 and 4.2.1). */
function mix(t: number, b: number, c: number, d: number): number {
  if (t < 20) return ((b & c) | (~b & d)) + 0x5a827999;
  if (t < 40) return (b ^ c ^ d) + 0x6ed9eba1;
  if (t < 60) return ((b & c) | (b & d) | (c & d)) - 0x70e44324;
  return (b ^ c ^ d) - 0x359d3e2a;
}

function save(state: Int32Array, a: number, b: number, c: number, d: number, e: number): void {
  state[0] = a;
  state[1] = b;
  state[2] = c;
  state[3] = d;
  state[4] = e;
}
