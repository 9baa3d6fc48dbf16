import type { CommitSource, SentCommits, SourceUnreachable } from '../../shared/git/commit-source.ts';
import { parseCommit, readCommitNode } from '../../shared/git/parse-commit.ts';
import { HeadlockError } from '../../shared/model/headlock-error.ts';
import { DEFAULT_BRANCH_LIMITS } from '../../shared/model/limits.ts';
import type { Oid } from '../../shared/model/oid.ts';
import type { Mode } from '../../shared/model/policy.ts';
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

export type RangeOutcome =
  | { readonly kind: 'range'; readonly range: CommitRange; readonly commits: RawCommits }
  | { readonly kind: 'up-to-date' }
  /** `haveKnown`: the source knows the trusted revision. */
  | { readonly kind: 'not-descendant'; readonly haveKnown: boolean }
  | { readonly kind: 'undecided'; readonly offence: Offence }
  | SourceUnreachable;

/**
 * Fetches what is new and closes the walk: where a parent outside the fetched commits appears, the whole history is fetched
 * and the trusted revision's ancestors are read from its raw commits (trust rule 1.6).
 */
export async function fetchRange(source: CommitSource, request: RangeRequest): Promise<RangeOutcome> {
  const { trusted, tip, readAnchor } = request;
  if (tip === trusted && !readAnchor) return { kind: 'up-to-date' };
  if (!readAnchor) {
    const fetched = await fetchWalk(source, request, trusted);
    if (fetched.kind !== 'open') return fetched;
  }
  const fetched = await fetchWalk(source, request, null);
  if (fetched.kind === 'open') throw new Error('A walk with an ancestor index cannot stay open.');
  return fetched;
}

async function fetchWalk(
  source: CommitSource,
  request: RangeRequest,
  have: Oid | null,
): Promise<RangeOutcome | { readonly kind: 'open' }> {
  const { mode, trusted, tip } = request;
  const fetched = await source.fetchCommits({ want: tip, have });
  switch (fetched.kind) {
    case 'unreachable':
      return fetched;
    case 'limit-exceeded':
      return { kind: 'undecided', offence: limitExceeded(tip, fetched.message) };
    case 'no-common-path':
      return { kind: 'not-descendant', haveKnown: fetched.haveKnown };
    case 'commits': {
      const { commits } = fetched;
      if (tip === trusted) return commits.has(trusted) ? { kind: 'up-to-date' } : undecided(trusted, fetched);
      const graph = readGraph(commits);
      const index = have === null ? readIndex(trusted, tip, graph) : NO_INDEX;
      const outcome = outcomeOf(walkHistory({ mode, trusted, tip, graph, ancestors: index.ancestors }), tip, fetched);
      if (outcome.kind === 'open' && index.absent !== null) return undecided(index.absent, fetched);
      if (outcome.kind === 'range' && request.readAnchor && !commits.has(trusted)) return undecided(trusted, fetched);
      return outcome;
    }
  }
}

interface AncestorIndex {
  readonly ancestors: ReadonlySet<Oid> | null;
  /** What keeps it from being whole. */
  readonly absent: Oid | null;
}

const NO_INDEX: AncestorIndex = { ancestors: null, absent: null };

/**
 * Trust rule 1.6: the index is exactly what can be reached from the trusted revision. One with a gap would make old commits
 * look new: it is none, and a walk that needs it misses an object.
 */
function readIndex(trusted: Oid, tip: Oid, graph: CommitGraph): AncestorIndex {
  const ancestors = reachableFrom(trusted, graph);
  // A tip that does not lead here brings nothing of the trusted revision's own history, and needs nothing of it.
  const gap = reachableFrom(tip, graph).has(trusted) ? [...ancestors].find((id) => !graph.has(id)) : undefined;
  return gap === undefined ? { ancestors, absent: null } : { ancestors: null, absent: gap };
}

function outcomeOf(walk: Walk, tip: Oid, sent: SentCommits): RangeOutcome | { readonly kind: 'open' } {
  const { commits, collisions } = sent;
  switch (walk.kind) {
    case 'range':
      return { kind: 'range', range: { ...walk.range, collisions }, commits };
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
