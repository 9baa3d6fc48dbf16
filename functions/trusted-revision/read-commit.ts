import * as z from 'zod';
import type { BranchRef } from '../../shared/model/branch-ref.ts';
import { HeadlockError } from '../../shared/model/headlock-error.ts';
import { isOid } from '../../shared/model/oid.ts';
import type { Verdict } from '../../shared/model/verdict.ts';
import type { RecordedVerdict, VerdictStore } from '../../shared/store/verdict-store.ts';
import { CHECK_OUTCOMES, listChecks } from '../../shared/trust/list-checks.ts';
import { objectId, time } from './publication.ts';

const signature = z.strictObject({
  format: z.enum(['openpgp', 'ssh', 'x509']),
  signatory: z.string().meta({ description: "The signatory's name in the policy." }),
  fingerprint: z.string(),
  certifiedBy: z.string().nullable().meta({ description: 'Of the primary key or the authority, where there is one.' }),
  signedAt: time.nullable().meta({ description: 'A claim of the signature; proven of X.509; null of SSH.' }),
});

/** The recorded verdict of one commit with its checks (interfaces, part 3). */
export const commitVerdictSchema = z.strictObject({
  repository: z.string(),
  branch: z.string(),
  commit: objectId,
  outcome: z.enum(['verified', 'refused']),
  signature: signature.nullable().meta({ description: 'Null where no signature counts.' }),
  accepted: z
    .strictObject({ reason: z.string(), against: z.string() })
    .nullable()
    .meta({ description: 'Where the policy accepts the commit by name: why, and in spite of what.' }),
  refusal: z.strictObject({ reason: z.string(), message: z.string(), nextStep: z.string() }).nullable(),
  committer: z.string().meta({ description: 'A claim of the commit.' }),
  firstSeen: time,
  payloadSha256: z.string(),
  policyVersion: z.int().nonnegative(),
  checks: z.array(
    z.strictObject({
      rule: z.string().meta({ description: 'Of the trust model.' }),
      title: z.string(),
      outcome: z.enum(CHECK_OUTCOMES),
      detail: z.string().nullable(),
    }),
  ),
});
export type CommitVerdict = z.infer<typeof commitVerdictSchema>;

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
