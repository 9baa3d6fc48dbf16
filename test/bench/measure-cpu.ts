import { median } from './measure.ts';

/** How long two ways of the same work keep a processor busy, in microseconds an item. */
export interface CpuTimes {
  readonly ours: number;
  readonly theirs: number;
  /** How much of their speed ours has: the median of the rounds. */
  readonly ratio: number;
}

/**
 * Processor time of this process, all its threads included, and not time on the clock: others use the machine as well. One
 * way and the other take turns, so that what slows the machine for a while slows both.
 */
export function compareCpu(rounds: number, items: number, ours: () => void, theirs: () => void): CpuTimes {
  const times: { readonly ours: number; readonly theirs: number }[] = [];
  for (let round = -WARM_UP; round < rounds; round += 1) {
    const time = { ours: cpuOf(ours) / items, theirs: cpuOf(theirs) / items };
    if (round >= 0) times.push(time);
  }
  return {
    ours: median(times.map((time) => time.ours)),
    theirs: median(times.map((time) => time.theirs)),
    ratio: median(times.map((time) => time.theirs / time.ours)),
  };
}

/** As one line of the bench says it. */
export function perSecond(microseconds: number): string {
  return `${Math.round(1e6 / microseconds).toLocaleString('en')}/s`;
}

/** Rounds until the code is compiled. */
const WARM_UP = 4;

function cpuOf(run: () => void): number {
  const before = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}
