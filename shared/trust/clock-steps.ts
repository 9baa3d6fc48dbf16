import type { BranchState, Timestamp } from '../model/branch-state.ts';

/**
 * When a state is decided, for the next one. Trust rule 5.1: states within a sequence are ordered by this time, and agents
 * refuse an older one, so it goes forward also where a clock was set back or another machine's is behind.
 */
export function nextDecisionTime({ decidedAt }: Pick<BranchState, 'decidedAt'>, now: Timestamp): Timestamp {
  if (decidedAt === null || now > decidedAt) return now;
  return new Date(Date.parse(decidedAt) + 1).toISOString();
}

/** A start that lies ahead was told by a clock that was wrong: counted from there, nothing would ever be due. */
export function notAhead(since: Timestamp, now: Timestamp): Timestamp {
  return since > now ? now : since;
}
