import { formatBranchRef } from '../../shared/model/branch-ref.ts';
import type { BranchState } from '../../shared/model/branch-state.ts';
import { createExpiringCache } from '../../shared/store/expiring-cache.ts';
import type { AgentToken } from '../../shared/store/token-store.ts';
import type { BranchQuery } from './find-branch.ts';

/** As late as an eventually consistent read may be anyway, and far less than clients may keep an answer. */
export const RECENT_MS = 1_000;

const MAX_BRANCHES = 10_000;

/** Branches that were read a moment ago, so that a storm of polls of one branch does not become a storm of reads of one item. */
export interface RecentBranches {
  /** Null where nothing was read of late, or nothing that the token may see. */
  find(token: AgentToken, query: BranchQuery): BranchState | null;
  /** @param askedAt - when the read began, in milliseconds since 1970 */
  add(state: BranchState, askedAt: number): void;
}

/** @param now - milliseconds since 1970 */
export function createRecentBranches(now: () => number): RecentBranches {
  const states = createExpiringCache<BranchState>({ lifetimeMs: RECENT_MS, maxEntries: MAX_BRANCHES, now });
  return {
    find: ({ repositories }, { repository, branch }) =>
      branch !== null && repositories.includes(repository) ? states.get(formatBranchRef({ repository, branch })) : null,
    add: (state, askedAt) => states.set(formatBranchRef(state.ref), state, askedAt),
  };
}
