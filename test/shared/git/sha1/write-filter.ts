import type { Condition } from './derive-conditions.ts';

interface Shared extends Condition {
  /** Indexes of the vectors that demand it. */
  readonly vectors: readonly number[];
}

const HEADER = `/**
 * Tells which disturbance vectors an attack could have made a block with: bit n for vector n. Few blocks leave any.
 *
 * Each line is a condition on two bits of the expanded message that the local collisions of some vectors demand between
 * steps 35 and 65, whatever carries they meet (Stevens and Shumow 2017), with the vectors that do without it. Written by
 * test/shared/git/sha1/unavoidable-conditions.test.ts, which derives the conditions from the vectors: what excludes most
 * comes first.
 * @param w the expanded message
 */
export function remainingVectors(w: Readonly<Int32Array>): number {
`;

/** After so many conditions it is worth a look whether anything is left. */
const LOOKS: ReadonlySet<number> = new Set([32, 56, 88]);

/** The source text of the filter. */
export function writeFilter(conditions: readonly (readonly Condition[])[]): string {
  const chosen = orderByGain(conditions);
  const words = [...new Set(chosen.flatMap(({ t, u }) => [t, u]))].sort((a, b) => a - b);
  const lines = [
    ...words.map((t) => `  const w${t} = w[${t}] as number;`),
    '  let remaining = -1;',
    ...chosen.flatMap((condition, index) => [
      formatCondition(condition),
      ...(LOOKS.has(index + 1) ? ['  if (remaining === 0) return 0;'] : []),
    ]),
    '  return remaining;',
    '}',
  ];
  return `${HEADER}${lines.join('\n')}\n`;
}

/** Both bits are moved to the top, where their difference spreads over the word. */
function formatCondition({ t, i, u, j, differ, vectors }: Shared): string {
  const top = (words: string, place: number): string => (place === 31 ? words : `(${words} << ${31 - place})`);
  const difference = i === j ? top(`(w${t} ^ w${u})`, i) : `(${top(`w${t}`, i)} ^ ${top(`w${u}`, j)})`;
  const others = ~vectors.reduce((mask, index) => mask | (1 << index), 0);
  const hex = `${others < 0 ? '-' : ''}0x${Math.abs(others).toString(16)}`;
  return `  remaining &= ${differ ? '' : '~'}(${difference} >> 31) | ${hex};`;
}

/** Greedy: next comes what halves most of the vectors' chances to be left by a random block. */
function orderByGain(conditions: readonly (readonly Condition[])[]): Shared[] {
  const open = new Map<string, Shared>();
  for (const [index, ofVector] of conditions.entries())
    for (const condition of ofVector) {
      const key = Object.values(condition).join();
      open.set(key, { ...condition, vectors: [...(open.get(key)?.vectors ?? []), index] });
    }
  const chances = conditions.map(() => 1);
  const groups = conditions.map(() => new Map<string, string>());
  const find = (index: number, place: string): string => {
    const up = groups[index]?.get(place);
    return up === undefined ? place : find(index, up);
  };
  const news = ({ t, i, u, j, vectors }: Shared): number[] =>
    vectors.filter((index) => find(index, `${t}.${i}`) !== find(index, `${u}.${j}`));
  const gain = (shared: Shared): number => news(shared).reduce((sum, index) => sum + (chances[index] ?? 0), 0);

  const chosen: Shared[] = [];
  for (;;) {
    let best: Shared | null = null;
    let most = 0;
    for (const [key, shared] of open) {
      const value = gain(shared);
      if (value === 0) open.delete(key);
      if (value <= most) continue;
      most = value;
      best = shared;
    }
    if (best === null) return chosen;
    const { t, i, u, j } = best;
    for (const index of news(best)) {
      groups[index]?.set(find(index, `${t}.${i}`), find(index, `${u}.${j}`));
      chances[index] = (chances[index] ?? 0) / 2;
    }
    chosen.push(best);
  }
}
