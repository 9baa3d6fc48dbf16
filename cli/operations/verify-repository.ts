import { fetchRange, type RawCommits } from '../../functions/verify/fetch-range.ts';
import type { CommitSource } from '../../shared/git/commit-source.ts';
import { HeadlockError } from '../../shared/model/headlock-error.ts';
import type { Oid } from '../../shared/model/oid.ts';
import type { BranchPolicy, RepositoryPolicy } from '../../shared/model/policy.ts';
import type { Signatory } from '../../shared/model/signatory.ts';
import type { Verdict } from '../../shared/model/verdict.ts';
import { loadSigstore } from '../../shared/signatures/x509/load-sigstore.ts';
import { createBranchState } from '../../shared/trust/apply-policy.ts';
import { type Decision, decide } from '../../shared/trust/decide.ts';
import { hashDeniedPayloads } from '../../shared/trust/hash-denied-payloads.ts';
import { judgeRange, judgeRangeInBackground } from '../../shared/trust/judge-range.ts';
import { NO_EVIDENCE } from '../../shared/trust/list-evidence.ts';
import { historyRewritten, type Offence, shortOid } from '../../shared/trust/offence.ts';
import { createExceptions } from '../../shared/trust/policy-exceptions.ts';

export interface VerifyRequest {
  readonly source: CommitSource;
  readonly policy: RepositoryPolicy;
  readonly signatories: readonly Signatory[];
  readonly branch: BranchPolicy;
  /** What is trusted already, in place of the anchor. */
  readonly from: Oid | null;
  /** What to judge, in place of the branch's tip. */
  readonly to: Oid | null;
  /** First seen, of every commit. */
  readonly now: Date;
  /** How many signatures are verified at once: more than one has Node's own threads do it. */
  readonly inFlight: number;
  /** Tells how many commits are judged so far. */
  readonly onJudged?: (count: number, total: number) => void;
}

export interface VerifiedRepository {
  readonly from: Oid;
  readonly tip: Oid;
  /** Of the new commits that the mode asks for, parents before children. */
  readonly verdicts: readonly Verdict[];
  readonly commits: RawCommits;
  readonly decision: Decision;
}

/**
 * Decides a branch as an instance would that has `from` as its trusted revision and looks for the first time.
 * @throws HeadlockError `unreachable`, `no_such_branch`
 */
export async function verifyRepository(request: VerifyRequest): Promise<VerifiedRepository> {
  const { source, policy, branch } = request;
  const tip = request.to ?? (await readTip(source, branch.name));
  const from = request.from ?? branch.anchor;
  // Trust rule 5.7: an anchor is read itself; a revision that somebody already trusts need not be.
  const readAnchor = request.from === null;
  const fetched = await fetchRange(source, { mode: branch.mode, trusted: from, tip, readAnchor });
  const nothing = { from, tip, verdicts: [], commits: new Map<Oid, Uint8Array>() };
  switch (fetched.kind) {
    case 'unreachable':
      throw createUnreachableError(fetched.message);
    case 'undecided':
      return { ...nothing, decision: lockedOn(fetched.offence) };
    case 'up-to-date':
      return { ...nothing, decision: { advance: null, offence: null, evidence: NO_EVIDENCE, recheckAt: null } };
    case 'not-descendant': {
      if (request.from !== null) return { ...nothing, decision: lockedOn(notOnTop(tip, request.from)) };
      const ref = { repository: policy.repository, branch: branch.name };
      const change = { policyVersion: 0, actor: '', now: request.now.toISOString(), url: null, exceptions: {} };
      const state = createBranchState(ref, { ...branch, anchor: from }, change);
      return { ...nothing, decision: lockedOn(historyRewritten(state, tip)) };
    }
    case 'range': {
      const { range, commits } = fetched;
      await loadSigstore(request.signatories);
      const exceptions = createExceptions(policy, hashDeniedPayloads(policy, commits, branch.limits));
      const judgedAt = Math.floor(request.now.getTime() / 1000);
      const { compromisedKeys } = policy;
      const terms = {
        signatories: request.signatories,
        compromisedKeys,
        branch,
        exceptions,
        judgedAt,
        firstSeen: new Map(),
      };
      const verdicts = new Map<Oid, Verdict>();
      const judging =
        request.inFlight > 1
          ? judgeRangeInBackground(range, commits, terms, request.inFlight)
          : judgeRange(range, commits, terms);
      for await (const verdict of judging) {
        verdicts.set(verdict.commit, verdict);
        request.onJudged?.(verdicts.size, range.asked.length);
      }
      return { from, tip, verdicts: [...verdicts.values()], commits, decision: decide(range, verdicts, branch) };
    }
  }
}

/** Trust rule 4.4, before anything is pushed. */
function notOnTop(tip: Oid, from: Oid): Offence {
  return {
    commit: tip,
    reason: 'history_rewritten',
    message: `${shortOid(tip)} does not descend from ${shortOid(from)}: the branch would be rewritten.`,
    nextStep: `Fetch that commit if it is not here, then rebase onto it or merge it, and sign what that makes.`,
  };
}

async function readTip(source: CommitSource, branch: string): Promise<Oid> {
  const reading = await source.readTip(branch);
  if (reading.kind === 'tip') return reading.oid;
  if (reading.kind === 'unreachable') throw createUnreachableError(reading.message);
  const message = `The repository has no branch ${branch}. Name another one with --branch, or a commit with --to.`;
  throw new HeadlockError('no_such_branch', message, { kind: 'input' });
}

function createUnreachableError(message: string): HeadlockError<'unreachable'> {
  return new HeadlockError('unreachable', message, { kind: 'upstream', retryable: true });
}

function lockedOn(offence: Offence): Decision {
  return { advance: null, offence, evidence: NO_EVIDENCE, recheckAt: null };
}
