import type { BranchRef } from '../../shared/model/branch-ref.ts';
import { HeadlockError } from '../../shared/model/headlock-error.ts';
import type { Oid } from '../../shared/model/oid.ts';
import type { BranchPolicy } from '../../shared/model/policy.ts';
import type { Signatory } from '../../shared/model/signatory.ts';
import { COMMIT_REASONS, createRefusal, type Refusal, signatureOf, type Verdict } from '../../shared/model/verdict.ts';
import { type Check, listChecks, type PolicyFacts } from '../../shared/trust/list-checks.ts';
import { nameAlgorithm } from '../../shared/trust/name-algorithm.ts';
import type { Offence } from '../../shared/trust/offence.ts';

/** What is known of one commit of a branch. */
export interface Explanation {
  readonly ref: BranchRef;
  readonly commit: Oid;
  /** The first line of its message, a claim; empty where the commit is not at hand. */
  readonly subject: string;
  /** Null where the commit could not be judged. */
  readonly verdict: Verdict | null;
  /** By which the verdict was recorded; null where it was judged now, by a file. */
  readonly policyVersion: number | null;
  readonly checks: readonly Check[];
  /** What keeps the branch from this commit, where its verdict does not say that already. */
  readonly offence: Offence | null;
  /** Whether trust starts there on an operator's word, whatever the verdict is. */
  readonly isAnchor: boolean;
}

export interface Findings {
  readonly ref: BranchRef;
  readonly commit: Oid;
  readonly subject?: string;
  readonly verdict: Verdict | null;
  readonly policyVersion: number | null;
  readonly facts: PolicyFacts;
  /** Why the branch is locked, whichever commit is to blame. */
  readonly lock: Offence | null;
  readonly anchor: Oid;
}

/** Null where neither a verdict nor a lock says anything of the commit. */
export function explain({
  ref,
  commit,
  subject = '',
  verdict,
  policyVersion,
  facts,
  lock,
  anchor,
}: Findings): Explanation | null {
  const isLocked = lock?.commit === commit && verdict?.outcome !== 'refused';
  const offence = isLocked ? lock : null;
  const found = verdict ?? refusalOf(offence);
  if (verdict === null && offence === null) return null;
  const checks = found === null ? [] : listChecks(found, facts);
  return { ref, commit, subject, verdict, policyVersion, checks, offence, isAnchor: commit === anchor };
}

/** A commit that was not sent, or cannot be told apart, has no verdict: the lock alone says what is wrong with it. */
function refusalOf(offence: Offence | null): Refusal | null {
  const reason = COMMIT_REASONS.find((one) => one === offence?.reason);
  return offence === null || reason === undefined ? null : createRefusal(reason, offence.message, offence.nextStep);
}

/** What a policy says of a verdict that was made by it. */
export function factsOf(
  verdict: Verdict,
  signatories: readonly Signatory[],
  branch: Pick<BranchPolicy, 'keyTime'> | undefined,
): PolicyFacts {
  const signature = verdict.outcome === 'refused' ? verdict.signed : signatureOf(verdict);
  const algorithm = signature === undefined ? null : nameAlgorithm(signatories, signature.fingerprint);
  return { algorithm, keyTime: branch?.keyTime ?? null };
}

export function isTrusted({ verdict, offence }: Explanation): boolean {
  return verdict?.outcome === 'verified' && offence === null;
}

export function unknownCommit(message: string): HeadlockError<'unknown_commit'> {
  return new HeadlockError('unknown_commit', message, { kind: 'input' });
}
