import type { Oid } from '../model/oid.ts';
import type { BranchPolicy } from '../model/policy.ts';
import type { UnixSeconds } from '../model/signatory.ts';
import type { Verdict } from '../model/verdict.ts';
import type { Keyring } from '../signatures/keyring.ts';
import { judgeCommit } from './judge-commit.ts';
import { applyExceptions, type PolicyExceptions } from './policy-exceptions.ts';
import type { CommitRange } from './walk-history.ts';

/**
 * Judges what the mode asks for, parents before children. A commit that was not sent gets no verdict, and is thereby not
 * trusted (trust rule 1.5).
 */
export function* judgeRange(
  { asked }: CommitRange,
  commits: ReadonlyMap<Oid, Uint8Array>,
  keyring: Keyring,
  { keyTime, matchEmail, limits }: BranchPolicy,
  judgedAt: UnixSeconds,
  /** `judgedAt` for a commit that was never seen before. */
  firstSeen: ReadonlyMap<Oid, UnixSeconds>,
  exceptions: PolicyExceptions,
): Generator<Verdict, void, undefined> {
  for (const id of asked) {
    const raw = commits.get(id);
    if (raw === undefined) continue;
    const verdict = judgeCommit(id, raw, keyring, {
      keyTime,
      matchEmail,
      limits,
      judgedAt,
      firstSeen: firstSeen.get(id) ?? judgedAt,
    });
    yield applyExceptions(verdict, exceptions);
  }
}
