import { hash } from 'node:crypto';
import { parseCommit } from '../git/parse-commit.ts';
import { formatClaim } from '../model/claim.ts';
import type { Identity } from '../model/commit.ts';
import { HeadlockError } from '../model/headlock-error.ts';
import type { BranchLimits } from '../model/limits.ts';
import type { Oid } from '../model/oid.ts';
import type { KeyTime, UnixSeconds } from '../model/signatory.ts';
import { createRefusal, type Refusal, type Verdict } from '../model/verdict.ts';
import type { Keyring } from '../signatures/keyring.ts';
import { type Checks, runChecks } from '../signatures/signature-check.ts';
import type { ProvenSignature } from '../signatures/signature-format.ts';
import { type SignedPayload, splitCommit } from '../signatures/split-commit.ts';
import { judgeProof, proveSignature } from '../signatures/verify-signature.ts';

/** A branch's effective rules for one commit (trust rule 1.7). */
export interface JudgeTerms {
  readonly keyTime: KeyTime;
  readonly matchEmail: boolean;
  readonly limits: BranchLimits;
  /** When Headlock first fetched the commit as new on this branch (trust rule 3.1). */
  readonly firstSeen: UnixSeconds;
  /** Now: later than `firstSeen` where a commit is judged again (trust rule 3.2). */
  readonly judgedAt: UnixSeconds;
}

/** Judges one commit from its raw bytes. Never throws for what the bytes hold: distrust is a value. */
export function judgeCommit(oid: Oid, raw: Uint8Array, keyring: Keyring, terms: JudgeTerms): Verdict {
  return judgeProvenCommit(runChecks(proveCommit(oid, raw, keyring, terms.limits)), terms);
}

/** What a commit's bytes prove by the keys of a policy, at whatever time and wherever it stands in the history. */
export type ProvenCommit = { readonly oid: Oid; readonly payloadSha256: string } & (
  | { readonly committer: Identity; readonly proof: ProvenSignature | Refusal }
  | { readonly committer: null; readonly proof: Refusal }
);

export function* proveCommit(oid: Oid, raw: Uint8Array, keyring: Keyring, limits: BranchLimits): Checks<ProvenCommit> {
  const read = readCommit(oid, raw, limits);
  const payloadSha256 = hash('sha256', read.payload, 'hex');
  const { committer } = read;
  if (committer === null) return { oid, payloadSha256, committer, proof: read.refusal };
  return { oid, payloadSha256, committer, proof: read.refusal ?? (yield* proveSignature(read, keyring)) };
}

/** The part that depends on times and on the branch's rules. */
export function judgeProvenCommit(proven: ProvenCommit, terms: JudgeTerms): Verdict {
  const { oid, payloadSha256, committer } = proven;
  return {
    ...(committer === null ? proven.proof : judgeProof(proven.proof, committer, terms)),
    commit: oid,
    payloadSha256,
    committer: committer === null ? 'an unreadable committer' : formatIdentity(committer),
    firstSeen: terms.firstSeen,
  };
}

type ReadCommit =
  | (SignedPayload & { readonly committer: Identity; readonly refusal: Refusal | null })
  | { readonly payload: Uint8Array; readonly committer: null; readonly refusal: Refusal };

function readCommit(oid: Oid, raw: Uint8Array, limits: BranchLimits): ReadCommit {
  try {
    const commit = parseCommit(oid, raw, limits);
    const { committer } = commit;
    const split = splitCommit(commit);
    if ('outcome' in split) return { payload: raw, signature: null, committer, refusal: split };
    const { payload, signature, signatureBytes } = split;
    const refusal = signatureBytes > limits.signatureBytes ? tooLong(signatureBytes, limits.signatureBytes) : null;
    return { payload, signature, committer, refusal };
  } catch (error) {
    return { payload: raw, committer: null, refusal: refuseUnreadable(error) };
  }
}

/** Trust rule 4.7. */
function tooLong(bytes: number, limit: number): Refusal {
  return createRefusal(
    'limit_exceeded',
    `carries a signature of ${bytes} bytes; the limit is ${limit}.`,
    'Sign the commit again, or raise `limits.signatureBytes` of the branch.',
  );
}

/** Trust rule 1.2. An error of ours is not the commit's fault: it goes on up, and nothing is trusted. */
function refuseUnreadable(error: unknown): Refusal {
  if (!(error instanceof HeadlockError)) throw error;
  if (error.code !== 'malformed_commit' && error.code !== 'limit_exceeded') throw error;
  return createRefusal(
    error.code,
    `cannot be accepted: ${error.message}`,
    'Make the commit again with git, and push it in place of this one.',
  );
}

/** `Bob <bob@example.com>`: a claim of the commit, escaped and bounded for people. Back ticks are ours alone: they show commands. */
export function formatIdentity({ name, email }: Identity): string {
  return formatClaim(`${name} <${email}>`).replaceAll('`', "'");
}
