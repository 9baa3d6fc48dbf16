import type { BranchRef } from '../../shared/model/branch-ref.ts';
import type { BranchState, Timestamp } from '../../shared/model/branch-state.ts';
import type { DecisionOutcome, DecisionReport } from '../../shared/model/decision-report.ts';
import type { Oid } from '../../shared/model/oid.ts';
import type { RepositoryPolicy } from '../../shared/model/policy.ts';
import type { CommitReason, Verdict } from '../../shared/model/verdict.ts';

/**
 * Counts what one run does. A commit counts in the run that saw it first, or, of a long range, in the step that judged it; and
 * a run counts when its outcome is recorded, so that neither a retry nor another verifier counts it again. Not counted are
 * the commits of a run that ends after it wrote first seen and before it recorded an outcome: nobody can tell them from
 * those that were.
 */
export interface DecisionTally {
  /** Null before an outcome is recorded. */
  readonly report: DecisionReport | null;
  /** Of one attempt: what the former one judged was not recorded. */
  begin(): void;
  see(fresh: readonly Oid[]): void;
  /** @param isLaterStep - of a long range, whose commits were all seen first by an earlier run */
  judge(verdicts: readonly Verdict[], isLaterStep: boolean): void;
  settle(state: BranchState, now: Timestamp): void;
  conclude(before: BranchState, after: BranchState, policy: RepositoryPolicy, now: Timestamp): void;
  concludeTags(changes: number, policy: RepositoryPolicy, now: Timestamp): void;
}

export function createDecisionTally(ref: BranchRef): DecisionTally {
  const fresh = new Set<Oid>();
  let attempts = 0;
  let judged = 0;
  let first: readonly Verdict[] = [];
  let report: DecisionReport | null = null;

  const record = (changes: Pick<DecisionReport, 'outcome' | 'isPushed' | 'recordedAt'> & Partial<DecisionReport>) => {
    report = {
      ...{ ref, reason: null, revision: null, sequence: 0, restarts: Math.max(0, attempts - 1), judged },
      verified: first.filter(({ outcome }) => outcome === 'verified').length,
      refused: countReasons(first),
      ...changes,
    };
  };
  return {
    get report() {
      return report;
    },
    begin() {
      attempts += 1;
      judged = 0;
      first = [];
    },
    see(commits) {
      for (const commit of commits) fresh.add(commit);
    },
    judge(verdicts, isLaterStep) {
      judged = verdicts.length;
      first = isLaterStep ? verdicts : verdicts.filter(({ commit }) => fresh.has(commit));
    },
    settle(state, recordedAt) {
      record({ ...describe(state), outcome: 'settled', isPushed: false, recordedAt });
    },
    conclude(before, after, policy, recordedAt) {
      const isPushed = after.tip?.revision !== before.tip?.revision && after.unreachable === null && hasWebhook(policy);
      record({ ...describe(after), outcome: outcomeOf(before, after), isPushed, recordedAt });
    },
    concludeTags(changes, policy, recordedAt) {
      const outcome = changes === 0 ? 'unchanged' : 'changed';
      record({ outcome, isPushed: changes > 0 && hasWebhook(policy), recordedAt });
    },
  };
}

function describe({ trusted, sequence, lock, unreachable }: BranchState) {
  return { revision: trusted?.oid ?? null, sequence, reason: unreachable?.cause ?? lock?.reason ?? null };
}

function outcomeOf(before: BranchState, after: BranchState): DecisionOutcome {
  if (after.unreachable !== null) return 'unreachable';
  if (after.progress !== null) return 'in-progress';
  if (after.sequence !== before.sequence) return 'advanced';
  if (after.lock === null) return before.lock === null ? 'unchanged' : 'unlocked';
  const isSame = before.lock?.reason === after.lock.reason && before.lock.commit === after.lock.commit;
  return isSame ? 'unchanged' : 'locked';
}

function countReasons(verdicts: readonly Verdict[]): ReadonlyMap<CommitReason, number> {
  const reasons = verdicts.flatMap((verdict) => (verdict.outcome === 'refused' ? [verdict.reason] : []));
  return new Map([...Map.groupBy(reasons, (reason) => reason)].map(([reason, all]) => [reason, all.length]));
}

function hasWebhook({ webhook, credentials }: RepositoryPolicy): boolean {
  return webhook !== null || (credentials !== null && 'app' in credentials && credentials.app.webhook !== null);
}
