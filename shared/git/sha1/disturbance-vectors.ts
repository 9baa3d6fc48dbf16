/**
 * A disturbance vector of SHA-1 (Manuel 2011): where an attack starts its local collisions. `b` rotates the vector, and
 * its words from `k` on are zero but for the few that define the type.
 */
export interface DisturbanceVector {
  readonly type: 'I' | 'II';
  readonly k: number;
  readonly b: number;
  /** Words -5 to 79, in this order: the bits where a local collision starts in that step. */
  readonly disturbances: Int32Array;
  /** Words 0 to 79: the bits in which the expanded messages of a colliding pair differ. */
  readonly messageDifferences: Int32Array;
  /** A step before which the pair's working states are equal: none of the five words before it is disturbed. */
  readonly testStep: number;
}

/** Where word 0 lies in `disturbances`. */
export const FIRST_DISTURBANCE = 5;

/** The 32 vectors that Stevens and Shumow (2017) name: all that can carry a feasible attack. */
export const DISTURBANCE_VECTORS: readonly DisturbanceVector[] = [
  ...[43, 44, 45, 46, 47, 48, 49, 50, 51, 52].map((k) => createVector('I', k, 0)),
  ...[46, 47, 48, 49, 50, 51].map((k) => createVector('I', k, 2)),
  ...[45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56].map((k) => createVector('II', k, 0)),
  ...[46, 49, 50, 51].map((k) => createVector('II', k, 2)),
];

function createVector(type: 'I' | 'II', k: number, b: number): DisturbanceVector {
  const disturbances = new Int32Array(FIRST_DISTURBANCE + 80);
  const word = (step: number): number => disturbances[FIRST_DISTURBANCE + step] as number;
  const set = (step: number, value: number): void => {
    disturbances[FIRST_DISTURBANCE + step] = value;
  };

  if (type === 'II') {
    set(k + 1, rotate(1, 31 + b));
    set(k + 3, rotate(1, 31 + b));
  }
  set(k + 15, rotate(1, b));
  // The vector obeys the message expansion, forwards and backwards.
  for (let t = k + 16; t < 80; t++) set(t, rotate(word(t - 3) ^ word(t - 8) ^ word(t - 14) ^ word(t - 16), 1));
  for (let t = k - 1; t >= -FIRST_DISTURBANCE; t--)
    set(t, rotate(word(t + 16), 31) ^ word(t + 13) ^ word(t + 8) ^ word(t + 2));

  // A local collision: the disturbance, and its corrections in the five steps that follow.
  const messageDifferences = Int32Array.from(
    { length: 80 },
    (_, t) => word(t) ^ rotate(word(t - 1), 5) ^ word(t - 2) ^ rotate(word(t - 3) ^ word(t - 4) ^ word(t - 5), 30),
  );
  return { type, k, b, disturbances, messageDifferences, testStep: k + 15 };
}

function rotate(word: number, bits: number): number {
  return (word << (bits & 31)) | (word >>> (-bits & 31));
}
