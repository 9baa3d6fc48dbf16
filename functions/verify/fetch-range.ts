import type { CommitSource, FetchOutcome, SentCommits, SourceUnreachable } from '../../shared/git/commit-source.ts';
import { parseCommit, readCommitNode } from '../../shared/git/parse-commit.ts';
import { assertNever } from '../../shared/model/assert-never.ts';
import { HeadlockError } from '../../shared/model/headlock-error.ts';
import { DEFAULT_BRANCH_LIMITS } from '../../shared/model/limits.ts';
import type { Oid } from '../../shared/model/oid.ts';
import type { Mode } from '../../shared/model/policy.ts';
import type { Ancestors } from '../../shared/trust/find-new-commits.ts';
import { needsOldCommits } from '../../shared/trust/judge-merge.ts';
import { absentCommit, limitExceeded, type Offence, unreadableParents } from '../../shared/trust/offence.ts';
import {
  type CommitGraph,
  type CommitRange,
  reachableFrom,
  type Walk,
  walkHistory,
} from '../../shared/trust/walk-history.ts';

export interface RangeRequest {
  readonly mode: Mode;
  /** The trusted revision, or the anchor before the first decision. */
  readonly trusted: Oid;
  readonly tip: Oid;
  /** Before the first publication the anchor's own bytes must be read (trust rule 5.7). */
  readonly readAnchor: boolean;
}

export type RawCommits = ReadonlyMap<Oid, Uint8Array>;

export interface FetchedRange {
  readonly kind: 'range';
  readonly range: CommitRange;
  readonly commits: RawCommits;
  /** All that can be reached from the trusted revision, where that was read from the raw commits of the whole history. */
  readonly rebuilt: ReadonlySet<Oid> | null;
}

export type RangeOutcome =
  | FetchedRange
  | { readonly kind: 'up-to-date' }
  /** `haveKnown`: the source knows the trusted revision. */
  | { readonly kind: 'not-descendant'; readonly haveKnown: boolean }
  | { readonly kind: 'undecided'; readonly offence: Offence }
  | SourceUnreachable;

/** Reads the stored ancestor index of the trusted revision; null where there is none. */
export type IndexReader = () => Promise<Ancestors | null>;

type OpenWalk = Extract<Walk, { kind: 'open' }>;

/**
 * Fetches what is new and closes the walk (trust rule 1.6): where a root or a parent outside the fetched commits appears, by
 * the stored index of the trusted revision's ancestors. Where none is stored, the whole history is fetched and the index is
 * made from its raw commits.
 */
export async function fetchRange(
  source: CommitSource,
  request: RangeRequest,
  readIndex: IndexReader = async () => null,
): Promise<RangeOutcome> {
  const { trusted, tip, readAnchor } = request;
  if (tip === trusted && !readAnchor) return { kind: 'up-to-date' };
  const found = readAnchor ? null : await fetchNew(source, request, readIndex);
  return found === null || found.kind === 'open' ? fetchWhole(source, request) : found;
}

async function fetchNew(
  source: CommitSource,
  { mode, trusted, tip }: RangeRequest,
  readIndex: IndexReader,
): Promise<RangeOutcome | OpenWalk> {
  const fetched = await source.fetchCommits({ want: tip, have: trusted });
  if (fetched.kind !== 'commits') return failureOf(fetched, tip);
  const graph = readGraph(fetched.commits);
  const walk = (ancestors: Ancestors | null) =>
    outcomeOf(walkHistory({ mode, trusted, tip, graph, ancestors }), tip, fetched);
  const found = walk(null);
  if (found.kind !== 'open') return found;
  const stored = await readIndex();
  if (stored === null) return found;
  const closed = walk(stored);
  return closed.kind === 'range' && needsOldCommits(closed.range, graph, fetched.commits) ? found : closed;
}

async function fetchWhole(source: CommitSource, request: RangeRequest): Promise<RangeOutcome> {
  const { mode, trusted, tip } = request;
  // By the tip, which every server gives: some refuse what no ref points at.
  const fetched = await source.fetchCommits({ want: tip, have: null });
  if (fetched.kind !== 'commits') return failureOf(fetched, tip);
  const { commits } = fetched;
  if (tip === trusted) return commits.has(trusted) ? { kind: 'up-to-date' } : undecided(trusted, fetched);
  const graph = readGraph(commits);
  const { ancestors, absent } = indexAncestors(trusted, tip, graph);
  const outcome = outcomeOf(walkHistory({ mode, trusted, tip, graph, ancestors }), tip, fetched);
  switch (outcome.kind) {
    case 'open':
      if (absent === null) throw new Error('A walk with an ancestor index cannot stay open.');
      return undecided(absent, fetched);
    case 'range':
      if (request.readAnchor && !commits.has(trusted)) return undecided(trusted, fetched);
      return { ...outcome, rebuilt: ancestors };
    default:
      return outcome;
  }
}

function failureOf(failed: Exclude<FetchOutcome, { kind: 'commits' }>, tip: Oid): RangeOutcome {
  switch (failed.kind) {
    case 'unreachable':
      return failed;
    case 'limit-exceeded':
      return { kind: 'undecided', offence: limitExceeded(tip, failed.message) };
    case 'no-common-path':
      return { kind: 'not-descendant', haveKnown: failed.haveKnown };
    default:
      return assertNever(failed);
  }
}

interface AncestorIndex {
  readonly ancestors: ReadonlySet<Oid> | null;
  /** What keeps it from being whole. */
  readonly absent: Oid | null;
}

/**
 * Trust rule 1.6: the index is exactly what can be reached from the trusted revision. One with a gap would make old commits
 * look new: it is none, and a walk that needs it misses an object.
 */
function indexAncestors(trusted: Oid, tip: Oid, graph: CommitGraph): AncestorIndex {
  const ancestors = reachableFrom(trusted, graph);
  // A tip that does not lead here brings nothing of the trusted revision's own history, and needs nothing of it.
  const gap = reachableFrom(tip, graph).has(trusted) ? [...ancestors].find((id) => !graph.has(id)) : undefined;
  return gap === undefined ? { ancestors, absent: null } : { ancestors: null, absent: gap };
}

function outcomeOf(walk: Walk, tip: Oid, sent: SentCommits): RangeOutcome | OpenWalk {
  const { commits, collisions } = sent;
  switch (walk.kind) {
    case 'range':
      return { kind: 'range', range: { ...walk.range, collisions }, commits, rebuilt: null };
    case 'not-descendant': {
      const unreadable = findUnreadable(tip, commits);
      if (unreadable !== null) return { kind: 'undecided', offence: unreadableParents(unreadable) };
      return { kind: 'not-descendant', haveKnown: true };
    }
    case 'missing':
      return undecided(walk.object, sent);
    case 'open':
      return walk;
  }
}

function undecided(missing: Oid, { collisions }: SentCommits): RangeOutcome {
  return { kind: 'undecided', offence: absentCommit(missing, collisions) };
}

/**
 * Trust rule 4.4: a walk that meets a commit whose parents cannot be read is not closed, so it concludes nothing. One that
 * seems to have none may only be malformed (trust rule 1.2).
 */
export function findUnreadable(tip: Oid, commits: RawCommits): Oid | null {
  for (const id of reachableFrom(tip, readGraph(commits))) {
    const raw = commits.get(id);
    if (raw === undefined) continue;
    const node = readCommitNode(id, raw);
    if (node === null || (node.parents.length === 0 && isMalformed(id, raw))) return id;
  }
  return null;
}

function isMalformed(id: Oid, raw: Uint8Array): boolean {
  try {
    parseCommit(id, raw, DEFAULT_BRANCH_LIMITS);
    return false;
  } catch (error) {
    if (error instanceof HeadlockError) return error.code === 'malformed_commit';
    throw error;
  }
}

/** An unreadable commit keeps its place without parents; judging it gives the reason. */
export function readGraph(commits: RawCommits): CommitGraph {
  return new Map([...commits].map(([oid, raw]) => [oid, readCommitNode(oid, raw) ?? { oid, parents: [] }]));
}
