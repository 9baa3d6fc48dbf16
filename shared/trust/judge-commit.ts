import { createHash } from 'node:crypto';
import { parseCommit } from '../git/parse-commit.ts';
import { formatClaim } from '../model/claim.ts';
import type { Identity } from '../model/commit.ts';
import { HeadlockError } from '../model/headlock-error.ts';
import type { BranchLimits } from '../model/limits.ts';
import type { Oid } from '../model/oid.ts';
import type { KeyTime, UnixSeconds } from '../model/signatory.ts';
import { createRefusal, type Refusal, type SignatureEvidence, type Verdict } from '../model/verdict.ts';
import type { Keyring } from '../signatures/keyring.ts';
import { splitCommit } from '../signatures/split-commit.ts';
import { verifySignature } from '../signatures/verify-signature.ts';

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
  const found = examine(oid, raw, keyring, terms);
  return {
    ...found.outcome,
    commit: oid,
    payloadSha256: createHash('sha256').update(found.payload).digest('hex'),
    committer: found.committer === null ? 'an unreadable committer' : formatIdentity(found.committer),
    firstSeen: terms.firstSeen,
  };
}

interface Examination {
  readonly outcome: SignatureEvidence | Refusal;
  readonly payload: Uint8Array;
  readonly committer: Identity | null;
}

function examine(oid: Oid, raw: Uint8Array, keyring: Keyring, terms: JudgeTerms): Examination {
  try {
    const commit = parseCommit(oid, raw, terms.limits);
    const { committer } = commit;
    const split = splitCommit(commit);
    if ('outcome' in split) return { outcome: split, payload: raw, committer };
    const { payload, signature } = split;
    if (signature !== null && signature.length > terms.limits.signatureBytes) {
      return { outcome: tooLong(signature.length, terms.limits.signatureBytes), payload, committer };
    }
    return { outcome: verifySignature({ payload, signature, committer }, keyring, terms), payload, committer };
  } catch (error) {
    return { outcome: refuseUnreadable(error), payload: raw, committer: null };
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
function formatIdentity({ name, email }: Identity): string {
  return formatClaim(`${name} <${email}>`).replaceAll('`', "'");
}
