import { DISTURBANCE_VECTORS, type DisturbanceVector } from './disturbance-vectors.ts';

/** Whether one of the vectors whose bit is set in `remaining` made the block; see `collidesBy`. */
export function collidesByAny(
  remaining: number,
  before: Readonly<Int32Array>,
  after: Readonly<Int32Array>,
  expanded: Readonly<Int32Array>,
): boolean {
  return DISTURBANCE_VECTORS.some(
    (vector, index) => ((remaining >>> index) & 1) === 1 && collidesBy(vector, before, after, expanded),
  );
}

/**
 * Counter-cryptanalysis (Stevens 2013): assumes that the block is one of a pair that an attack with this vector made, makes
 * the other one, and tells whether both give the same chaining value. The pair's working states are equal at the vector's
 * test step, so from there the other block is followed back to its start and on to its end. This block reaches that step
 * soonest from its own end.
 * @param before the chaining value before the block; `after` the one after it; `expanded` the block's 80 words
 */
export function collidesBy(
  { messageDifferences, testStep }: DisturbanceVector,
  before: Readonly<Int32Array>,
  after: Readonly<Int32Array>,
  expanded: Readonly<Int32Array>,
): boolean {
  for (let t = 0; t < 80; t++) other[t] = (expanded[t] as number) ^ (messageDifferences[t] as number);
  for (let index = 0; index < 5; index++) start[index] = (after[index] as number) - (before[index] as number);
  stepBackwards(start, expanded, 80, testStep);
  end.set(start);
  stepBackwards(start, other, testStep, 0);
  stepForwards(end, other, testStep, 80);
  for (let index = 0; index < 5; index++)
    if ((((start[index] as number) + (end[index] as number)) | 0) !== after[index]) return false;
  return true;
}

/** The other block's expanded message, and its working states before the first step and after the last. */
const other = new Int32Array(80);
const start = new Int32Array(5);
const end = new Int32Array(5);

function stepForwards(state: Int32Array, w: Readonly<Int32Array>, from: number, to: number): void {
  let a = state[0] as number;
  let b = state[1] as number;
  let c = state[2] as number;
  let d = state[3] as number;
  let e = state[4] as number;
  for (let t = from; t < to; t++) {
    const next = (((a << 5) | (a >>> 27)) + mix(t, b, c, d) + e + (w[t] as number)) | 0;
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = next;
  }
  save(state, a, b, c, d, e);
}

/** Undoes the steps from `from` down to `to`, without `from` itself. */
function stepBackwards(state: Int32Array, w: Readonly<Int32Array>, from: number, to: number): void {
  let a = state[0] as number;
  let b = state[1] as number;
  let c = state[2] as number;
  let d = state[3] as number;
  let e = state[4] as number;
  for (let t = from - 1; t >= to; t--) {
    const sum = a;
    a = b;
    b = (c << 2) | (c >>> 30);
    c = d;
    d = e;
    e = (sum - ((a << 5) | (a >>> 27)) - mix(t, b, c, d) - (w[t] as number)) | 0;
  }
  save(state, a, b, c, d, e);
}

/** The step's function and constant (FIPS 180-4, 4.1.1 and 4.2.1), as one word: a sum beyond 32 bits is slow to go on with. */
function mix(t: number, b: number, c: number, d: number): number {
  if (t < 20) return (((b & c) | (~b & d)) + 0x5a827999) | 0;
  if (t < 40) return ((b ^ c ^ d) + 0x6ed9eba1) | 0;
  if (t < 60) return (((b & c) | (b & d) | (c & d)) - 0x70e44324) | 0;
  return ((b ^ c ^ d) - 0x359d3e2a) | 0;
}

function save(state: Int32Array, a: number, b: number, c: number, d: number, e: number): void {
  state[0] = a;
  state[1] = b;
  state[2] = c;
  state[3] = d;
  state[4] = e;
}
