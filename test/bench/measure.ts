/** One line of the bench: how fast we are beside a peer or a limit, measured in the same run. */
export interface BenchRow {
  readonly name: string;
  readonly ours: string;
  readonly peer: string;
  /** How many times faster than the peer; below 1 is slower. */
  readonly ratio: number;
}

/** Median wall time of `rounds` runs, in milliseconds. What `prepare` makes for each of them is not counted. */
export async function medianMs(rounds: number, run: () => unknown): Promise<number>;
export async function medianMs<T>(rounds: number, run: (input: T) => unknown, prepare: () => T): Promise<number>;
export async function medianMs<T>(
  rounds: number,
  run: (input: T | undefined) => unknown,
  prepare?: () => T,
): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const input = prepare?.();
    const start = performance.now();
    await run(input);
    times.push(performance.now() - start);
  }
  return median(times);
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

export function compareRates(name: string, count: number, oursMs: number, peer: string, peerMs: number): BenchRow {
  const perSecond = (ms: number) => `${Math.round((count / ms) * 1000).toLocaleString('en')}/s`;
  return { name, ours: perSecond(oursMs), peer: `${peer} ${perSecond(peerMs)}`, ratio: peerMs / oursMs };
}

export function compareTimes(name: string, oursMs: number, peer: string, peerMs: number): BenchRow {
  return { name, ours: `${oursMs.toFixed(0)} ms`, peer: `${peer} ${peerMs.toFixed(0)} ms`, ratio: peerMs / oursMs };
}
