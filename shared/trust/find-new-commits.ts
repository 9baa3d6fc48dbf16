import type { CommitNode } from '../model/commit.ts';
import type { Oid } from '../model/oid.ts';
import { ParentLists } from './parent-lists.ts';

/** The tip's number. */
export const TIP = 0;

/** No commit is whose id was computed from its bytes (trust rule 1.1). */
export const BEHIND_ITSELF = 'A commit is behind itself.';

/** The commits that can be reached from the trusted revision, itself included (trust rule 1.6). */
export interface Ancestors {
  has(id: Oid): boolean;
}

/** What is behind a tip and not accepted yet. A commit's number is its place in `nodes`. */
export interface NewCommits {
  readonly nodes: readonly CommitNode[];
  /** Those parents of each that are new too. */
  readonly parents: ParentLists;
  /** The first parent of each, where that is one of them. */
  readonly firstParents: readonly (number | undefined)[];
  /** Those with the trusted revision among their parents. */
  readonly children: ReadonlySet<number>;
  /** Those without parents. */
  readonly roots: ReadonlySet<Oid>;
  /** Those with parents that were not sent, and the first of these. */
  readonly missing: ReadonlyMap<Oid, Oid>;
}

/** @param ancestors - accepted as `trusted` is: what is behind these is not looked at */
export function findNewCommits(
  tip: CommitNode,
  trusted: Oid,
  ancestors: Ancestors | null,
  graph: ReadonlyMap<Oid, CommitNode>,
): NewCommits {
  const nodes = [tip];
  const numbers = new Map([[tip, TIP]]);
  const parents = new ParentLists();
  const firstParents: (number | undefined)[] = [];
  const children = new Set<number>();
  const roots = new Set<Oid>();
  const missing = new Map<Oid, Oid>();

  const numberOf = (node: CommitNode): number => {
    const known = numbers.get(node);
    if (known !== undefined) return known;
    const number = nodes.push(node) - 1;
    numbers.set(node, number);
    return number;
  };

  for (const node of nodes) {
    const number = firstParents.push(undefined) - 1;
    for (const id of node.parents) {
      if (id === trusted) children.add(number);
      if (id === trusted || ancestors?.has(id)) continue;
      const sent = graph.get(id);
      if (sent === undefined) {
        missing.set(node.oid, missing.get(node.oid) ?? id);
        continue;
      }
      const parent = numberOf(sent);
      if (id === node.parents[0]) firstParents[number] = parent;
      parents.add(parent);
    }
    parents.endCommit();
    if (node.parents.length === 0) roots.add(node.oid);
  }
  return { nodes, parents, firstParents, children, roots, missing };
}

/**
 * The numbers of all, parents before children: each is taken once all its children are, and the whole is turned round. Last
 * in, first out: what comes on top of a history goes to the end, so that the steps of a long range go on (trust rule 4.7).
 * @throws Error where a commit is behind itself
 */
export function sortParentsFirst({ nodes, parents }: NewCommits): readonly number[] {
  const childrenLeft = nodes.map(() => 0);
  const ready: number[] = [];
  const addChild = (parent: number): void => {
    childrenLeft[parent] = (childrenLeft[parent] as number) + 1;
  };
  const takeChild = (parent: number): void => {
    const left = (childrenLeft[parent] as number) - 1;
    childrenLeft[parent] = left;
    if (left === 0) ready.push(parent);
  };
  addChild(TIP); // The branch itself.
  for (const number of nodes.keys()) parents.forEach(number, addChild);

  const sorted: number[] = [];
  takeChild(TIP);
  for (let number = ready.pop(); number !== undefined; number = ready.pop()) {
    sorted.push(number);
    parents.forEach(number, takeChild);
  }
  if (sorted.length < nodes.length) throw new Error(BEHIND_ITSELF);
  return sorted.reverse();
}
