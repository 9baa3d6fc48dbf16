import { type BranchState, publishedStateOf, type Timestamp } from '../model/branch-state.ts';
import { emitMetrics } from './metrics.ts';

const DAY_MS = 24 * 3_600_000;

/** The gauges of a branch, which the sweep writes at each of its turns: at every five minutes, whether or not anything changed. */
export function reportBranch(state: BranchState, now: Date): void {
  const { repository, branch } = state.ref;
  const { enforcement, trustedSince, keys } = state;
  const published = publishedStateOf(state);
  const isHeld = (state.lock !== null || state.compromise !== null) && enforcement === 'enforce';
  const ageOf = (since: Timestamp) => Math.max(0, now.getTime() - Date.parse(since)) / 1000;
  const trusted = state.trusted === null ? null : (trustedSince ?? state.decidedAt);
  emitMetrics(
    {
      headlock_branch_locked: isHeld ? 1 : 0,
      ...(trusted !== null && { headlock_trusted_age_seconds: ageOf(trusted) }),
    },
    { repository, branch, state: published, enforcement },
  );
  for (const { signatory, expires } of keys?.soonest ?? []) {
    const days = (Date.parse(expires) - now.getTime()) / DAY_MS;
    if (days > 0) emitMetrics({ headlock_key_expiry_days: days }, { signatory, repository });
  }
}
