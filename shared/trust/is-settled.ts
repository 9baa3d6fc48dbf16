import type { BranchState, Timestamp } from '../model/branch-state.ts';
import type { Oid } from '../model/oid.ts';
import { isDigestDue } from './alert-hour.ts';
import { isReminderDue } from './remind.ts';
import { isKeyCheckDue } from './watch-keys.ts';

/**
 * Whether a decision would say what the latest one said: the same tip under the same policy gives the same, but where
 * something was missing or time alone may change it.
 * @param tip - null where a complete listing does not have the branch
 */
export function isSettled(state: BranchState, tip: Oid | null, policyVersion: number, now: Timestamp): boolean {
  if ((state.tip?.revision ?? null) !== tip || state.policyVersion !== policyVersion) return false;
  if (state.progress !== null || state.unreachable !== null || state.lagging !== null) return false;
  if (isDigestDue(state.alertHour, now) || isReminderDue(state, now) || isKeyCheckDue(state, now)) return false;
  if (tip === null) return state.lock?.reason === 'branch_deleted';
  if (state.trusted === null || state.lock?.reason === 'missing_object') return false;
  // A dry run observes the tip as soon as all of it is sent (trust rule 4.6), and fetches whole histories for that.
  const isObserved = state.observedTip?.revision === tip;
  // A rewrite may rest on a server's word alone: one that was wrong once must not hold the branch for ever (trust rule 4.4).
  const isOpen = state.enforcement === 'report' ? !isObserved : state.lock?.reason === 'history_rewritten';
  if (isOpen) return false;
  return state.recheckAt === null || now < state.recheckAt;
}
