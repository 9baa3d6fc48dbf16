import type { CommitSource } from '../../shared/git/commit-source.ts';
import { type BranchRef, formatBranchRef } from '../../shared/model/branch-ref.ts';
import type { BranchState } from '../../shared/model/branch-state.ts';
import { HeadlockError } from '../../shared/model/headlock-error.ts';
import type { Oid } from '../../shared/model/oid.ts';
import type { AppliedPolicy, BranchPolicy } from '../../shared/model/policy.ts';
import type { Verdict } from '../../shared/model/verdict.ts';
import { createKeyring } from '../../shared/signatures/keyring.ts';
import { loadSigstore } from '../../shared/signatures/x509/load-sigstore.ts';
import type { OpenSources } from '../../shared/sources/open-sources.ts';
import { hashDeniedPayloads } from '../../shared/trust/hash-denied-payloads.ts';
import { judgeCommit } from '../../shared/trust/judge-commit.ts';
import { clear, type OperatorAct, reanchor } from '../../shared/trust/operator-act.ts';
import { applyExceptions, createExceptions } from '../../shared/trust/policy-exceptions.ts';
import type { Installation } from './installation.ts';
import { updateBranch } from './update-branch.ts';

export interface UnlockRequest {
  readonly ref: BranchRef;
  /** The sequence that the operator saw. */
  readonly sequence: number;
  /** Whether the operator saw a compromise. */
  readonly overCompromise: boolean;
  /** The commit to anchor the branch at; null clears the lock. */
  readonly to: Oid | null;
  readonly reason: string;
  readonly actor: string;
  readonly now: Date;
}

export interface UnlockedBranch {
  readonly state: BranchState;
  /** What the policy makes of the commit that the operator vouches for. */
  readonly verdict: Verdict | null;
}

type Ports = Pick<Installation, 'policies' | 'branches' | 'queue'> & {
  readonly openSources: OpenSources;
};

/**
 * Re-anchors a branch or clears its lock (trust rule 5.3); the next decision is made anew.
 * @throws HeadlockError `no_such_branch`, `stale_sequence`, `unseen_compromise`, `nothing_to_clear`, `unreachable`, `missing_object`, `unfit_anchor`
 */
export async function unlockBranch(request: UnlockRequest, ports: Ports): Promise<UnlockedBranch> {
  const { ref, to } = request;
  const [state, applied] = [await ports.branches.read(ref), await ports.policies.readApplied(ref.repository)];
  const branch = applied?.policy.branches.find(({ name }) => name === ref.branch);
  if (state === null || applied === null || branch === undefined) throw createUnknownBranchError(ref);
  const { sequence, overCompromise, reason, actor } = request;
  const now = request.now.toISOString();
  const act: OperatorAct = { sequence, overCompromise, reason, actor, now, branch, policyVersion: applied.version };
  const change = (current: BranchState): BranchState =>
    to === null ? clear(current, act) : reanchor(current, to, act);

  change(state); // What is refused is refused before anything is fetched.
  const verdict = to === null ? null : await checkTarget(to, state, applied, branch, request.now, ports);
  const written = await updateBranch(ref, ports.branches, (current) => change(current ?? state));
  if (written === null) throw new Error('An unlock always writes.');
  await ports.queue.send({ ref, delivery: `unlock:${written.version}` });
  return { state: written, verdict };
}

/** Trust rule 5.3: the target's raw bytes are checked. What the policy says of its signature is told, and does not decide. */
async function checkTarget(
  to: Oid,
  state: BranchState,
  applied: AppliedPolicy,
  branch: BranchPolicy,
  now: Date,
  { openSources }: Ports,
): Promise<Verdict> {
  const sources = await openSources(applied.policy, branch.limits);
  if ('kind' in sources) throw createUnreachableError(sources.message);
  const raw = await readCommit(to, sources, state.trusted?.oid ?? null);
  const { keyTime, matchEmail, limits } = branch;
  await loadSigstore(applied.signatories);
  const seconds = Math.floor(now.getTime() / 1000);
  const terms = { keyTime, matchEmail, limits, firstSeen: seconds, judgedAt: seconds };
  const judged = judgeCommit(to, raw, createKeyring(applied.signatories, applied.policy.compromisedKeys), terms);
  const payloads = hashDeniedPayloads(applied.policy, new Map([[to, raw]]), limits);
  const verdict = applyExceptions(judged, createExceptions(applied.policy, payloads));
  if (verdict.outcome === 'verified' || !UNFIT.has(verdict.reason)) return verdict;
  throw new HeadlockError('unfit_anchor', `${to} cannot be anchored at: it ${verdict.message}`, { kind: 'input' });
}

const UNFIT: ReadonlySet<string> = new Set(['malformed_commit', 'sha1_collision', 'limit_exceeded']);

/** While a credential rotates, its former value counts too. Of a long history, what is new since the trusted revision is little. */
async function readCommit(oid: Oid, sources: readonly CommitSource[], trusted: Oid | null): Promise<Uint8Array> {
  const haves = trusted === null || trusted === oid ? [null] : [trusted, null];
  let problem = `The repository does not send ${oid}: push it to a branch first, or check the id.`;
  for (const request of sources.flatMap((source) => haves.map((have) => ({ source, have })))) {
    const fetched = await request.source.fetchCommits({ want: oid, have: request.have });
    const raw = fetched.kind === 'commits' ? fetched.commits.get(oid) : undefined;
    if (raw !== undefined) return raw;
    if ('message' in fetched) problem = fetched.message;
  }
  throw createUnreachableError(problem);
}

function createUnreachableError(message: string): HeadlockError<'unreachable'> {
  return new HeadlockError('unreachable', message, { kind: 'upstream', retryable: true });
}

function createUnknownBranchError(ref: BranchRef): HeadlockError<'no_such_branch'> {
  const message = `No policy names ${formatBranchRef(ref)}. \`headlock status\` lists what is guarded.`;
  return new HeadlockError('no_such_branch', message, { kind: 'input' });
}
