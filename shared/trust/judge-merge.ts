import { readCommitNode, readTree } from '../git/parse-commit.ts';
import type { Oid } from '../model/oid.ts';
import type { MergeLimit } from '../model/signatory.ts';
import { createRefusal, signatureOf, type Verdict } from '../model/verdict.ts';
import type { CommitGraph, CommitRange } from './walk-history.ts';

/** Tells whether a merge may count by a signature that is limited to merges, once its parents are judged. */
export interface MergeJudge {
  /** The verdict as the limit leaves it (trust rule 3.5). */
  judge(verdict: Verdict, limit: MergeLimit, signatory: string): Verdict;
}

/** What of a range tells whether a merge brings anything new. */
export type MergeRange = Pick<CommitRange, 'trusted' | 'ancestors' | 'asked'>;

/** Commits visited in search of ancestors, in one range (trust rule 4.7). What is not found by then is not there. */
const MAX_VISITED = 2_000_000;

/**
 * @param verdicts - of the commits that were judged so far: parents before children
 */
export function createMergeJudge(
  range: MergeRange,
  commits: ReadonlyMap<Oid, Uint8Array>,
  verdicts: ReadonlyMap<Oid, Verdict>,
  maxVisited = MAX_VISITED,
): MergeJudge {
  const parents = createParentReader(commits);
  let positions: ReadonlyMap<Oid, number> | null = null;
  let visited = 0;

  const isTrusted = (id: Oid) => id === range.trusted || range.ancestors?.has(id) === true;
  const isVerified = (id: Oid) => isTrusted(id) || verdicts.get(id)?.outcome === 'verified';
  const treeOf = (id: Oid): Oid | null => readSentTree(id, commits);

  /** `asked` has parents before children, so no commit before `ancestor` there descends from it. */
  const isBefore = (id: Oid, ancestor: Oid): boolean => {
    // Few ranges ask for it.
    positions ??= new Map(range.asked.map((asked, position) => [asked, position]));
    const [one, other] = [positions.get(id), positions.get(ancestor)];
    return one !== undefined && other !== undefined && one < other;
  };

  const hasAncestor = (commit: Oid, ancestor: Oid): boolean => {
    const entered = new Set<Oid>([commit]);
    const open: Oid[] = [commit];
    for (let id = open.pop(); id !== undefined; id = open.pop()) {
      visited += 1;
      if (visited > maxVisited) return false;
      if (id === range.trusted && range.ancestors?.has(ancestor)) return true;
      // What is behind the trusted revision has nothing new behind it.
      if (isTrusted(id) && !isTrusted(ancestor)) continue;
      for (const parent of parents(id)) {
        if (parent === ancestor) return true;
        if (entered.has(parent) || isBefore(parent, ancestor)) continue;
        entered.add(parent);
        open.push(parent);
      }
    }
    return false;
  };

  /** Trust rule 3.5: the tree of one verified parent which has all other parents as ancestors: nothing new can hide in it. */
  const isUpToDate = (merge: Oid, sides: readonly Oid[]): boolean => {
    const tree = treeOf(merge);
    return (
      tree !== null &&
      sides.some(
        (side) =>
          isVerified(side) &&
          treeOf(side) === tree &&
          sides.every((other) => other === side || hasAncestor(side, other)),
      )
    );
  };

  return {
    judge(verdict, limit, signatory) {
      const { commit, payloadSha256, committer, firstSeen } = verdict;
      const sides = [...new Set(parents(commit))];
      const isAllowed = sides.length >= 2 && (limit === 'merges' || isUpToDate(commit, sides));
      if (isAllowed) return verdict;
      const signed = signatureOf(verdict);
      return { ...refuse(limit, signatory), ...(signed && { signed }), commit, payloadSha256, committer, firstSeen };
    },
  };
}

/**
 * Whether a merge that is asked for may count only by commits behind the trusted revision, of which the ancestor index holds
 * no more than ids: it has one of them for a parent, and its tree is that of a new parent, which may have that one behind it,
 * or no parent is new.
 */
export function needsOldCommits(
  { trusted, ancestors, asked }: MergeRange,
  graph: CommitGraph,
  commits: ReadonlyMap<Oid, Uint8Array>,
): boolean {
  const isOld = (id: Oid): boolean => ancestors?.has(id) === true;
  return asked.some((id) => {
    const parents = graph.get(id)?.parents ?? [];
    if (parents.length < 2 || !parents.some((parent) => parent !== trusted && isOld(parent))) return false;
    const added = parents.filter((parent) => !isOld(parent));
    return added.length === 0 || added.some((parent) => readSentTree(parent, commits) === readSentTree(id, commits));
  });
}

function readSentTree(id: Oid, commits: ReadonlyMap<Oid, Uint8Array>): Oid | null {
  const raw = commits.get(id);
  return raw === undefined ? null : readTree(id, raw);
}

function refuse(limit: MergeLimit, signatory: string) {
  const which =
    limit === 'merges'
      ? 'merges alone'
      : 'merges that bring nothing but a verified parent, with the same contents and all other parents behind it';
  return createRefusal(
    'not_authorized',
    `is signed by ${signatory}, whose signatures count on ${which}.`,
    limit === 'merges'
      ? 'Have another signatory sign the commit, and push it in place of this one.'
      : 'Bring the side branch up to date with the branch before it is merged, or have another signatory sign the merge.',
  );
}

/** Unreadable and unsent commits have no parents: nothing is found behind them. */
function createParentReader(commits: ReadonlyMap<Oid, Uint8Array>): (id: Oid) => readonly Oid[] {
  const read = new Map<Oid, readonly Oid[]>();
  return (id) => {
    const raw = commits.get(id);
    const parents = read.get(id) ?? (raw === undefined ? [] : (readCommitNode(id, raw)?.parents ?? []));
    read.set(id, parents);
    return parents;
  };
}
