import type { Oid } from '../model/oid.ts';
import type { BranchPolicy } from '../model/policy.ts';
import type { Signatory, UnixSeconds } from '../model/signatory.ts';
import type { Verdict } from '../model/verdict.ts';
import { createKeyring } from '../signatures/keyring.ts';
import { judgeProvenCommit, type ProvenCommit } from './judge-commit.ts';
import { createMergeJudge, type MergeRange } from './judge-merge.ts';
import { applyExceptions, type PolicyExceptions } from './policy-exceptions.ts';
import { proveCommits, proveCommitsInBackground, type RawCommit } from './prove-commits.ts';
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
  terms: RangeTerms,
): Generator<Verdict, void, undefined> {
  const keyring = createKeyring(terms.signatories, terms.compromisedKeys);
  const judge = createRangeJudge(range, commits, terms);
  for (const proven of proveCommits(sentCommits(range, commits), keyring, terms.branch.limits)) yield judge(proven);
}

/** The same verdicts in the same order, with the arithmetic of up to `inFlight` signatures on Node's own threads. */
export async function* judgeRangeInBackground(
  range: CommitRange,
  commits: ReadonlyMap<Oid, Uint8Array>,
  terms: RangeTerms,
  inFlight: number,
): AsyncGenerator<Verdict, void, undefined> {
  const keyring = createKeyring(terms.signatories, terms.compromisedKeys);
  const judge = createRangeJudge(range, commits, terms);
  const proving = proveCommitsInBackground(sentCommits(range, commits), keyring, terms.branch.limits, inFlight);
  for await (const proven of proving) yield judge(proven);
}

function* sentCommits(
  { asked }: CommitRange,
  commits: ReadonlyMap<Oid, Uint8Array>,
): Generator<RawCommit, void, undefined> {
  for (const id of asked) {
    const raw = commits.get(id);
    if (raw !== undefined) yield [id, raw];
  }
}

/** What of these terms counts once the signatures are proven. */
export type CommitTerms = Omit<RangeTerms, 'compromisedKeys' | 'branch'> & {
  readonly branch: Pick<BranchPolicy, 'keyTime' | 'matchEmail' | 'limits'>;
};

/** What is proven of a commit decides only with the verdicts on its parents, so it takes the commits in the range's order. */
export function createRangeJudge(
  range: MergeRange,
  commits: ReadonlyMap<Oid, Uint8Array>,
  { signatories, branch, exceptions, judgedAt, firstSeen }: CommitTerms,
): (proven: ProvenCommit) => Verdict {
  const { keyTime, matchEmail, limits } = branch;
  const mergeLimits = new Map(signatories.map(({ name, limit }) => [name, limit]));
  const verdicts = new Map<Oid, Verdict>();
  const merges = createMergeJudge(range, commits, verdicts);
  return (proven) => {
    const terms = { keyTime, matchEmail, limits, judgedAt, firstSeen: firstSeen.get(proven.oid) ?? judgedAt };
    const signed = judgeProvenCommit(proven, terms);
    const signatory = signed.outcome === 'verified' && signed.format !== 'policy' ? signed.signatory : null;
    const limit = signatory === null ? null : (mergeLimits.get(signatory) ?? null);
    const limited = signatory === null || limit === null ? signed : merges.judge(signed, limit, signatory);
    const verdict = applyExceptions(limited, exceptions);
    verdicts.set(proven.oid, verdict);
    return verdict;
  };
}
