import { RandomNumbers } from '../support/random-numbers.ts';

/** The numbers of each commit's parents. Commit 0 is the trusted revision; the last one is the tip, with all others behind it. */
export type Shape = readonly (readonly number[])[];

const SEED = 20_260_101;
const MAX_LINES = 16;
const FORKS_FROM_LAST = 200;

/** Up to 16 lines of work that fork from what is recent and are merged, two at a time or many, in any order. */
export function randomHistory(commits: number): Shape {
  const random = new RandomNumbers(SEED);
  const lines = [0];
  const takeLine = (): number => lines.splice(random.below(lines.length), 1)[0] ?? 0;
  const shape: number[][] = [[]];
  for (let n = 1; n < commits; n += 1) {
    const chance = random.below(100);
    if (chance < 20 && lines.length < MAX_LINES) shape.push([n - 1 - random.below(Math.min(n, FORKS_FROM_LAST))]);
    else if (chance < 40)
      shape.push(Array.from({ length: Math.min(lines.length, chance < 39 ? 2 : MAX_LINES) }, takeLine));
    else shape.push([takeLine()]);
    lines.push(n);
  }
  return [...shape, lines];
}

/** Two lines that merge each other over and over, and the merge of both. */
export function ladder(commits: number): Shape {
  const parentsOf = (n: number): number[] => (n < 3 ? [0] : [n - 2, n % 2 === 0 ? n - 3 : n - 1]);
  const lines = Array.from({ length: commits }, (_, n) => (n === 0 ? [] : parentsOf(n)));
  return [...lines, [commits - 1, commits - 2]];
}

/** Merges of the 16 commits before them. */
export function octopuses(commits: number): Shape {
  return Array.from({ length: commits + 1 }, (_, n) =>
    Array.from({ length: Math.min(n, 16) }, (__, back) => n - 1 - back),
  );
}
