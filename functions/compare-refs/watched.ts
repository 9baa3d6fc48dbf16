import type { RefListing } from '../../shared/git/ref-source.ts';
import type { BranchRef } from '../../shared/model/branch-ref.ts';
import type { AlertHour, Timestamp, Unreachable } from '../../shared/model/branch-state.ts';
import type { RepositoryPolicy } from '../../shared/model/policy.ts';
import { isDigestDue } from '../../shared/trust/alert-hour.ts';
import { UNREACHABLE_ALERT_AFTER_MS } from '../../shared/trust/next-state.ts';

export type ListedRefs = Extract<RefListing, { readonly kind: 'refs' }>;

export interface CurrentPolicy {
  readonly version: number;
  readonly policy: RepositoryPolicy;
}

/** What is decided as one: a branch, or all guarded tags of a repository. */
export interface Watched {
  readonly ref: BranchRef;
  /** Null where it cannot be read: whoever decides it finds the same, and says so. */
  readonly state: {
    readonly policyVersion: number;
    readonly unreachable: Unreachable | null;
    readonly alertHour: AlertHour | null;
    readonly retired: boolean;
    readonly owes: boolean;
    /** Whether time alone makes something due that people are to be told. */
    isNewsDue(now: Timestamp): boolean;
  } | null;
  /** Whether a decision may say something else than the latest one, as far as a listing tells. */
  isChanged(listed: ListedRefs, current: CurrentPolicy, now: Timestamp): boolean | Promise<boolean>;
}

/**
 * Whether it is to be decided whatever the forge says: announcements, the digest of those that were held back, reminders, and
 * the alert of a forge that is away (trust rule 5.5) do not wait for one.
 */
export function isOwing({ state }: Watched, now: Timestamp): boolean {
  if (state === null || state.owes) return true;
  if (state.retired) return false;
  if (isDigestDue(state.alertHour, now) || state.isNewsDue(now)) return true;
  if (state.unreachable === null || state.unreachable.alerted) return false;
  const age = Date.parse(now) - Date.parse(state.unreachable.since);
  // One that begins ahead comes from a clock that went wrong: a decision sets it right.
  return age >= UNREACHABLE_ALERT_AFTER_MS || age < 0;
}
