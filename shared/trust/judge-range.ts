import type { Oid } from '../model/oid.ts';
import type { BranchPolicy } from '../model/policy.ts';
import type { Signatory, UnixSeconds } from '../model/signatory.ts';
import type { Verdict } from '../model/verdict.ts';
import { createKeyring } from '../signatures/keyring.ts';
import { judgeCommit } from './judge-commit.ts';
import { createMergeJudge } from './judge-merge.ts';
import { applyExceptions, type PolicyExceptions } from './policy-exceptions.ts';
import type { CommitRange } from './walk-history.ts';

/** By whose keys, by which rules and at which times a range is judged. */
export interface RangeTerms {
  readonly signatories: readonly Signatory[];
  readonly compromisedKeys: readonly string[];
  readonly branch: BranchPolicy;
  readonly exceptions: PolicyExceptions;
  /** Now. */
  readonly judgedAt: UnixSeconds;
  /** `judgedAt` for a commit that was never seen before. */
  readonly firstSeen: ReadonlyMap<Oid, UnixSeconds>;
}

/**
 * Judges what the mode asks for, parents before children: each commit by its signature, then by what its signatory is limited
 * to (trust rule 3.5), then by the operator's word (2.7). A commit that was not sent gets no verdict, and is thereby not
 * trusted (1.5).
 */
export function* judgeRange(
  range: CommitRange,
  commits: ReadonlyMap<Oid, Uint8Array>,
  { signatories, compromisedKeys, branch, exceptions, judgedAt, firstSeen }: RangeTerms,
): Generator<Verdict, void, undefined> {
  const { keyTime, matchEmail, limits } = branch;
  const keyring = createKeyring(signatories, compromisedKeys);
  const mergeLimits = new Map(signatories.map(({ name, limit }) => [name, limit]));
  const verdicts = new Map<Oid, Verdict>();
  const merges = createMergeJudge(range, commits, verdicts);
  for (const id of range.asked) {
    const raw = commits.get(id);
    if (raw === undefined) continue;
    const terms = { keyTime, matchEmail, limits, judgedAt, firstSeen: firstSeen.get(id) ?? judgedAt };
    const signed = judgeCommit(id, raw, keyring, terms);
    const signatory = signed.outcome === 'verified' && signed.format !== 'policy' ? signed.signatory : null;
    const limit = signatory === null ? null : (mergeLimits.get(signatory) ?? null);
    const limited = signatory === null || limit === null ? signed : merges.judge(signed, limit, signatory);
    const verdict = applyExceptions(limited, exceptions);
    verdicts.set(id, verdict);
    yield verdict;
  }
}
