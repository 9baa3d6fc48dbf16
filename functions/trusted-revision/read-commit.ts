import type { BranchRef } from '../../shared/model/branch-ref.ts';
import { HeadlockError } from '../../shared/model/headlock-error.ts';
import { isOid } from '../../shared/model/oid.ts';
import type { Verdict } from '../../shared/model/verdict.ts';
import type { RecordedVerdict, VerdictStore } from '../../shared/store/verdict-store.ts';
import { listChecks } from '../../shared/trust/list-checks.ts';
import type { CommitVerdict } from './response-schemas.ts';

export type ReadCommitErrorCode = 'no_verdict';

/** @throws HeadlockError `no_verdict` */
export async function readCommit(
  verdicts: Pick<VerdictStore, 'read'>,
  ref: BranchRef,
  commit: string,
): Promise<CommitVerdict> {
  const recorded = isOid(commit) ? await verdicts.read(ref, commit) : null;
  if (recorded !== null) return publishVerdict(ref, recorded);
  throw new HeadlockError<ReadCommitErrorCode>(
    'no_verdict',
    'No verdict on that commit is recorded for this branch. Name the full id of a commit that was new on it and that its mode asks for.',
    { kind: 'input' },
  );
}

function publishVerdict(ref: BranchRef, { policyVersion, verdict }: RecordedVerdict): CommitVerdict {
  const { commit, committer, payloadSha256, outcome, firstSeen } = verdict;
  return {
    ...{ repository: ref.repository, branch: ref.branch, commit, outcome },
    ...describeVerdict(verdict),
    ...{ committer, firstSeen: formatSeconds(firstSeen), payloadSha256, policyVersion },
    checks: [...listChecks(verdict)],
  };
}

function describeVerdict(verdict: Verdict): Pick<CommitVerdict, 'signature' | 'accepted' | 'refusal'> {
  const none = { signature: null, accepted: null, refusal: null };
  if (verdict.outcome === 'refused') {
    const { reason, message, nextStep } = verdict;
    return { ...none, refusal: { reason, message, nextStep } };
  }
  if (verdict.format === 'policy') {
    return { ...none, accepted: { reason: verdict.justification, against: verdict.against } };
  }
  const { format, signatory, fingerprint, certifiedBy, signedAt } = verdict;
  const at = signedAt === null ? null : formatSeconds(signedAt);
  return { ...none, signature: { format, signatory, fingerprint, certifiedBy, signedAt: at } };
}

/** Claims that count lie within the calendar: what is dated later is refused (trust rule 3.2). */
function formatSeconds(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}
