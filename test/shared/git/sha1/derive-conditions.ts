import { type DisturbanceVector, FIRST_DISTURBANCE } from '../../../../shared/git/sha1/disturbance-vectors.ts';
import { reduceRows } from './binary-matrix.ts';

/** Two bits of the expanded message that are equal or differ in every block that an attack makes with the vector. */
export interface Condition {
  readonly t: number;
  readonly i: number;
  readonly u: number;
  readonly j: number;
  readonly differ: boolean;
}

/** Steps whose equations must hold: before, an attack has its non-linear part; behind, it may end as it likes. */
const FIRST_STEP = 35;
const LAST_STEP = 65;

/** By how many bits a carry may lengthen a difference. More change nothing. */
const MAX_CARRY = 5;

/** One way in which a state word differs: signed bits, whose sum is one of the signed sums of the vector's bits. */
interface Difference {
  readonly sum: number;
  readonly bits: readonly (readonly [bit: number, sign: 1 | -1])[];
  /** For each bit of the vector 1 where its sign is minus; that of bit 31 is the one in `bits`. */
  readonly signs: readonly number[];
}

/**
 * What the local collisions of a vector demand of the message. In each step the differences obey
 * δQ[t+1] = δ(Q[t] ⋘ 5) + δf + δ(Q[t-4] ⋘ 30) + δW[t]; all solutions are listed, state differences that some step
 * cannot meet are struck out until nothing changes, and what is affine over GF(2) in all solutions is kept and freed of
 * the states' signs. Relations among bits of f in different steps are left aside, which can only lose conditions.
 */
export function deriveConditions(
  vector: DisturbanceVector,
  first = FIRST_STEP,
  last = LAST_STEP,
): readonly Condition[] {
  const word = (step: number): number => vector.disturbances[FIRST_DISTURBANCE + step] ?? 0;
  const differences = new Map<number, readonly Difference[]>();
  for (let step = first - 5; step <= last; step++) differences.set(step, listDifferences(word(step)));
  const solve = (t: number): Solutions =>
    solveStep(
      t >= 40 && t < 60 ? 'majority' : 'parity',
      bitsOf(vector.messageDifferences[t] ?? 0),
      [0, 1, 2, 3, 4, 5].map((back) => differences.get(t - back) ?? []),
    );

  for (let changed = true; changed; ) {
    changed = false;
    for (let t = last; t >= first; t--) {
      for (const [back, met] of solve(t).met.entries()) {
        const all = differences.get(t - back) ?? [];
        if (met.size === all.length) continue;
        differences.set(
          t - back,
          all.filter((difference) => met.has(difference)),
        );
        changed = true;
      }
    }
  }

  // Columns: a constant, then message bits, then signs of states, so that the latter are reduced away first.
  const columns = new Map<string, bigint>();
  const rows: bigint[] = [];
  const steps = Array.from({ length: last - first + 1 }, (_, index) => first + index);
  for (const t of steps)
    for (const bit of bitsOf(vector.messageDifferences[t] ?? 0)) columns.set(`w${t}.${bit}`, BigInt(columns.size + 1));
  const messageColumns = columns.size;
  for (const t of [...Array.from({ length: 5 }, (_, index) => first - 5 + index), ...steps])
    for (const bit of bitsOf(word(t))) columns.set(`q${t}.${bit}`, BigInt(columns.size + 1));
  for (const t of steps) {
    const names = [
      ...bitsOf(vector.messageDifferences[t] ?? 0).map((bit) => `w${t}.${bit}`),
      ...[0, 1, 2, 3, 4, 5].flatMap((back) => bitsOf(word(t - back)).map((bit) => `q${t - back}.${bit}`)),
    ];
    for (const equation of affineEquations(solve(t).vectors, names.length)) {
      let row = BigInt(equation.constant);
      for (const [index, name] of names.entries())
        if ((equation.mask >>> index) & 1) row ^= 1n << (columns.get(name) ?? 0n);
      rows.push(row);
    }
  }
  return pairsOf(reduceRows(rows, columns.size, messageColumns), [...columns.keys()]);
}

/** Every pair of bits that the rows tie to each other. */
function pairsOf(rows: readonly bigint[], names: readonly string[]): Condition[] {
  const tied = new Map<string, Map<string, boolean>>();
  for (const row of rows) {
    const [first, second, third] = names.filter((_, index) => (row >> BigInt(index + 1)) & 1n);
    if (first === undefined || second === undefined || third !== undefined)
      throw new Error('A condition is on two bits.');
    const group = tied.get(first) ?? new Map([[first, false]]);
    const other = tied.get(second) ?? new Map([[second, false]]);
    const flip = ((row & 1n) === 1n) !== ((group.get(first) ?? false) !== (other.get(second) ?? false));
    for (const [name, sign] of other) {
      group.set(name, sign !== flip);
      tied.set(name, group);
    }
    tied.set(first, group);
  }
  const conditions: Condition[] = [];
  for (const group of new Set(tied.values())) {
    const places = [...group].map(([name, sign]) => {
      const [step = 0, bit = 0] = name.slice(1).split('.').map(Number);
      return { step, bit, sign };
    });
    places.sort((a, b) => a.step - b.step || a.bit - b.bit);
    for (const [index, { step: t, bit: i, sign }] of places.entries())
      for (const { step: u, bit: j, sign: other } of places.slice(index + 1))
        conditions.push({ t, i, u, j, differ: sign !== other });
  }
  return conditions;
}

interface Solutions {
  /** Bit n of each: the sign of the n-th message bit, then of the states' bits, latest first. */
  readonly vectors: ReadonlySet<number>;
  /** For each of the six state words the differences that have a solution. */
  readonly met: readonly ReadonlySet<Difference>[];
}

const solved = new Map<string, Solutions>();

function solveStep(
  kind: BooleanKind,
  messageBits: readonly number[],
  words: readonly (readonly Difference[])[],
): Solutions {
  const key = JSON.stringify([kind, messageBits, words]);
  const known = solved.get(key);
  if (known !== undefined) {
    const inWords = known.met.map((met, back) => {
      const texts = new Set([...met].map((difference) => JSON.stringify(difference)));
      return new Set((words[back] ?? []).filter((difference) => texts.has(JSON.stringify(difference))));
    });
    return { vectors: known.vectors, met: inWords };
  }
  const messages = new Map<number, number[]>();
  for (const [signs, sum] of signedSums(messageBits)) messages.set(sum, [...(messages.get(sum) ?? []), pack(signs)]);

  const [next = [], a = [], b = [], c = [], d = [], e = []] = words;
  const shifts: number[] = [];
  let width = messageBits.length;
  for (const word of words) {
    shifts.push(width);
    width += word[0]?.signs.length ?? 0;
  }
  if (width > 30) throw new Error('A step has too many signs.');
  const place = (difference: Difference, back: number): number => pack(difference.signs) << (shifts[back] ?? 0);

  const vectors = new Set<number>();
  const met = words.map(() => new Set<Difference>());
  for (const x of b)
    for (const y of c)
      for (const z of d)
        for (const f of booleanSums(kind, x, y, z))
          for (const q of next)
            for (const r of a)
              for (const s of e) {
                const found = messages.get((q.sum - rotatedSum(r, 5) - f - rotatedSum(s, 30)) | 0);
                if (found === undefined) continue;
                for (const [back, difference] of [q, r, x, y, z, s].entries()) met[back]?.add(difference);
                const states = place(q, 0) | place(r, 1) | place(x, 2) | place(y, 3) | place(z, 4) | place(s, 5);
                for (const message of found) vectors.add(message | states);
              }
  const solutions = { vectors, met };
  solved.set(key, solutions);
  return solutions;
}

function listDifferences(word: number): Difference[] {
  const places = bitsOf(word);
  const top = places.indexOf(31);
  return signedSums(places).flatMap(([signs, sum]) =>
    signedForms(sum, places.length + MAX_CARRY)
      .filter((bits) => top < 0 || bits.every(([bit, sign]) => bit !== 31 || (sign < 0 ? 1 : 0) === signs[top]))
      .map((bits): Difference => ({ sum, bits, signs })),
  );
}

/** All ways to write a number modulo 2^32 with at most so many signed bits. */
function signedForms(sum: number, most: number, from = 0): Difference['bits'][] {
  if (sum === 0) return [[]];
  if (most === 0) return [];
  let bit = from;
  while (((sum >>> bit) & 1) === 0) bit++;
  return ([1, -1] as const).flatMap((sign) =>
    signedForms((sum - sign * 2 ** bit) | 0, most - 1, bit + 1).map((rest) => [[bit, sign] as const, ...rest]),
  );
}

export function signedSums(places: readonly number[]): [signs: number[], sum: number][] {
  return Array.from({ length: 2 ** places.length }, (_, choice) => {
    const signs = places.map((_, index) => (choice >>> index) & 1);
    return [signs, places.reduce((sum, bit, index) => (sum + (signs[index] === 1 ? -1 : 1) * 2 ** bit) | 0, 0)];
  });
}

function rotatedSum({ bits }: Difference, by: number): number {
  return bits.reduce((sum, [bit, sign]) => (sum + sign * 2 ** ((bit + by) & 31)) | 0, 0);
}

type BooleanKind = 'parity' | 'majority';

/** What f can differ by. */
function booleanSums(kind: BooleanKind, x: Difference, y: Difference, z: Difference): ReadonlySet<number> {
  const inputs = new Map<number, [number, number, number]>();
  for (const [index, word] of [x, y, z].entries())
    for (const [bit, sign] of word.bits) {
      const place = index === 0 ? bit : (bit + 30) & 31;
      const signs = inputs.get(place) ?? [0, 0, 0];
      signs[index] = sign;
      inputs.set(place, signs);
    }
  let sums = new Set([0]);
  for (const [bit, signs] of inputs) {
    const outputs = booleanOutputs(kind, signs);
    sums = new Set([...sums].flatMap((sum) => outputs.map((sign) => (sum + sign * 2 ** bit) | 0)));
  }
  return sums;
}

function booleanOutputs(kind: BooleanKind, signs: readonly number[]): number[] {
  const outputs = new Set<number>();
  for (let choice = 0; choice < 8; choice++) {
    const before = [0, 1, 2].map((index) => (choice >>> index) & 1);
    const after = before.map((bit, index) => bit + (signs[index] ?? 0));
    if (after.every((bit) => bit === 0 || bit === 1))
      outputs.add(applyBoolean(kind, after) - applyBoolean(kind, before));
  }
  return [...outputs];
}

function applyBoolean(kind: BooleanKind, bits: readonly number[]): number {
  const ones = bits.reduce((sum, bit) => sum + bit, 0);
  return kind === 'parity' ? ones & 1 : Number(ones >= 2);
}

interface Equation {
  readonly mask: number;
  readonly constant: number;
}

/** Every affine equation that all vectors fulfil. */
function affineEquations(vectors: ReadonlySet<number>, width: number): Equation[] {
  const [origin] = vectors;
  if (origin === undefined) throw new Error('A step has no solution.');
  const basis = new Map<number, number>();
  for (const vector of vectors) {
    let rest = vector ^ origin;
    for (let top = leading(rest); rest !== 0 && basis.has(top); top = leading(rest)) rest ^= basis.get(top) ?? 0;
    if (rest !== 0) basis.set(leading(rest), rest);
  }
  // Reduced from the lowest leading bit up, so that no row has another's leading bit.
  const rows = new Map<number, number>();
  for (const top of [...basis.keys()].sort((p, q) => p - q)) {
    let row = basis.get(top) ?? 0;
    for (const [other, known] of rows) if ((row >>> other) & 1) row ^= known;
    rows.set(top, row);
  }
  return Array.from({ length: width }, (_, column) => column)
    .filter((column) => !rows.has(column))
    .map((column) => {
      let mask = 1 << column;
      for (const [top, row] of rows) if ((row >>> column) & 1) mask |= 1 << top;
      return { mask, constant: parity(mask & origin) };
    });
}

export function bitsOf(word: number): number[] {
  return Array.from({ length: 32 }, (_, bit) => bit).filter((bit) => (word >>> bit) & 1);
}

function pack(bits: readonly number[]): number {
  return bits.reduce((packed, bit, index) => packed | (bit << index), 0);
}

function leading(word: number): number {
  return 31 - Math.clz32(word);
}

function parity(word: number): number {
  return bitsOf(word).length & 1;
}
