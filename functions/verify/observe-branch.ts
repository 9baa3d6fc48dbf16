import type { CommitSource, SourceUnreachable } from '../../shared/git/commit-source.ts';
import type { BranchState } from '../../shared/model/branch-state.ts';
import type { Oid } from '../../shared/model/oid.ts';
import type { AppliedPolicy, BranchPolicy } from '../../shared/model/policy.ts';
import type { Verdict } from '../../shared/model/verdict.ts';
import { createKeyring } from '../../shared/signatures/keyring.ts';
import { askSources } from '../../shared/sources/ask-sources.ts';
import { decide } from '../../shared/trust/decide.ts';
import { isSettled } from '../../shared/trust/is-settled.ts';
import { judgeCommit } from '../../shared/trust/judge-commit.ts';
import { NO_EVIDENCE } from '../../shared/trust/list-evidence.ts';
import type { Observation } from '../../shared/trust/next-state.ts';
import { type CommitRange, reachableFrom, walkHistory } from '../../shared/trust/walk-history.ts';
import { createDecisionTally, type DecisionTally } from './decision-tally.ts';
import { type FetchedRange, fetchRange, readGraph } from './fetch-range.ts';
import { judgeAndRecord, toUnixSeconds } from './judge-and-record.ts';
import type { VerifyPorts } from './ports.ts';

/** What one look at the forge found, and the range that was judged for it; null where there was none. */
export interface Sighting {
  readonly observation: Observation;
  readonly fetched: FetchedRange | null;
}

/** Looks at the forge and judges what is new. Null where nothing can have changed since the latest decision. */
export async function observeBranch(
  state: BranchState,
  applied: AppliedPolicy,
  branch: BranchPolicy,
  ports: VerifyPorts,
  tally: DecisionTally = createDecisionTally(state.ref),
): Promise<Sighting | null> {
  const sources = await ports.openSources(applied.policy, branch.limits);
  if ('kind' in sources) return withoutRange(sources);
  const { source, answer: reading } = await askSources(sources, (each) => each.readTip(state.ref.branch));
  if (reading.kind !== 'tip') return withoutRange(reading);
  const tip = reading.oid;
  if (isSettled(state, tip, applied.version, ports.now().toISOString())) return null;

  const trusted = state.trusted?.oid ?? state.resumeAt ?? state.anchor;
  const request = { mode: branch.mode, trusted, tip, readAnchor: state.trusted === null };
  const { ref, sequence } = state;
  const fetched = await fetchRange(source, request, () => ports.ancestors.read(ref, { revision: trusted, sequence }));
  switch (fetched.kind) {
    case 'unreachable':
      return withoutRange(fetched);
    case 'undecided':
      return withoutRange({ kind: 'undecided', tip, offence: fetched.offence });
    case 'up-to-date':
      return withoutRange({
        kind: 'decided',
        tip,
        decision: { advance: null, offence: null, evidence: NO_EVIDENCE, recheckAt: null },
        isWhole: true,
      });
    case 'not-descendant': {
      const mayLag = await mayLagBehind(state, tip, source, fetched.haveKnown, ports);
      if (typeof mayLag !== 'boolean') return withoutRange(mayLag);
      const isWhole = branch.enforcement === 'report' && (await isWholeHistory(tip, branch, source, ports));
      return withoutRange({ kind: 'not-descendant', tip, mayLag, isWhole });
    }
    case 'range':
      return { observation: await judgeWhatIsNew(state, applied, branch, fetched, ports, tally), fetched };
  }
}

function withoutRange(observation: Observation): Sighting {
  return { observation, fetched: null };
}

async function judgeWhatIsNew(
  state: BranchState,
  applied: AppliedPolicy,
  branch: BranchPolicy,
  fetched: FetchedRange,
  ports: VerifyPorts,
  tally: DecisionTally,
): Promise<Observation> {
  const { range } = fetched;
  const { tip } = range;
  const verdicts = await judgeAndRecord(state, applied, branch, fetched, ports, tally);
  if ('judged' in verdicts) return { kind: 'in-progress', progress: verdicts };
  if ('reason' in verdicts) return { kind: 'undecided', tip, offence: verdicts };
  return { kind: 'decided', tip, decision: decide(range, verdicts, branch), isWhole: isWholeRange(range, verdicts) };
}

const UNPUBLISHABLE: ReadonlySet<string> = new Set([
  'malformed_commit',
  'sha1_collision',
  'missing_object',
  'limit_exceeded',
]);

/** Trust rule 4.6: what fails as an object is never published, not even as an observed tip. */
function isWholeRange({ missing }: CommitRange, verdicts: ReadonlyMap<Oid, Verdict>): boolean {
  return missing.size === 0 && [...verdicts.values()].every(isPublishable);
}

function isPublishable(verdict: Verdict): boolean {
  return verdict.outcome === 'verified' || !UNPUBLISHABLE.has(verdict.reason);
}

/** The same of a tip with a history of its own: itself well formed, and everything behind it sent. */
async function isWholeHistory(
  tip: Oid,
  branch: BranchPolicy,
  source: CommitSource,
  { now }: VerifyPorts,
): Promise<boolean> {
  const fetched = await source.fetchCommits({ want: tip, have: null });
  const raw = fetched.kind === 'commits' ? fetched.commits.get(tip) : undefined;
  if (fetched.kind !== 'commits' || raw === undefined) return false;
  const { commits } = fetched;
  const firstSeen = toUnixSeconds(now().toISOString());
  const verdict = judgeCommit(tip, raw, createKeyring([]), { ...branch, firstSeen, judgedAt: firstSeen });
  return isPublishable(verdict) && [...reachableFrom(tip, readGraph(commits))].every((id) => commits.has(id));
}

/** Trust rule 4.4: whether the tip may be an ancestor of the trusted revision, shown by a replica that lags behind. */
async function mayLagBehind(
  { ref, trusted, anchor }: BranchState,
  tip: Oid,
  source: CommitSource,
  haveKnown: boolean,
  { history }: VerifyPorts,
): Promise<boolean | SourceUnreachable> {
  if (trusted === null) return false;
  const former = await history.listRevisions(ref);
  if (tip === anchor || former.some(({ revision }) => revision === tip)) return true;
  if (!haveKnown) return false;
  const fetched = await source.fetchCommits({ want: trusted.oid, have: tip });
  // A fault of the network tells nothing; a server that talks nonsense does not show that it only lags behind.
  if (fetched.kind === 'unreachable' && fetched.cause !== 'bad_response') return fetched;
  if (fetched.kind !== 'commits') return false;
  const graph = readGraph(fetched.commits);
  return walkHistory({ mode: 'head', trusted: tip, tip: trusted.oid, graph, ancestors: null }).kind === 'range';
}
