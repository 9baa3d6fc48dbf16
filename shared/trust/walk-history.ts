import type { CommitNode } from '../model/commit.ts';
import type { Oid } from '../model/oid.ts';
import type { Mode } from '../model/policy.ts';
import {
  type Ancestors,
  BEHIND_ITSELF,
  findNewCommits,
  type NewCommits,
  sortParentsFirst,
  TIP,
} from './find-new-commits.ts';
import { ParentLists } from './parent-lists.ts';

/** The raw parents of every commit that a source sent. */
export type CommitGraph = ReadonlyMap<Oid, CommitNode>;

export interface WalkInput {
  readonly mode: Mode;
  readonly trusted: Oid;
  /** Not `trusted` itself. */
  readonly tip: Oid;
  readonly graph: CommitGraph;
  /** Every commit reachable from `trusted`, itself included; null before it is known (trust rule 1.6). */
  readonly ancestors: Ancestors | null;
}

export type Walk =
  | { readonly kind: 'range'; readonly range: CommitRange }
  /** Only the ancestor index can tell what a root or an absent parent is: read it and walk again. */
  | { readonly kind: 'open' }
  /** A closed walk that does not meet the trusted revision (trust rule 4.4). */
  | { readonly kind: 'not-descendant' }
  /** The walk needs an object that the source does not send (trust rule 1.5). */
  | { readonly kind: 'missing'; readonly object: Oid };

/** What stands between the trusted revision and the tip, as far as the mode asks. A position is one in `asked`. */
export interface CommitRange {
  readonly trusted: Oid;
  /** Every commit reachable from `trusted`; null where the walk closed without knowing them. */
  readonly ancestors: Ancestors | null;
  readonly tip: Oid;
  /** Commits that must verify for one candidate or another, parents before children. */
  readonly asked: readonly Oid[];
  /** By the position of an asked commit, the positions of those of its parents that must verify with it. */
  readonly parents: ParentLists;
  /**
   * Positions of the commits of the tip's first-parent chain that descend from the trusted revision, nearest the tip first
   * (trust rule 4.2).
   */
  readonly candidates: readonly number[];
  /** Asked commits without parents: another history (trust rule 4.5). */
  readonly roots: ReadonlySet<Oid>;
  /** Asked commits with a parent that was not sent, and that parent (trust rule 1.5). */
  readonly missing: ReadonlyMap<Oid, Oid>;
  /** Which of those collide (trust rule 1.1): it decides the reason alone, since they are absent either way. */
  readonly collisions?: ReadonlySet<Oid>;
}

/** Finds what must verify. Decided by ancestry in raw bytes alone, never by dates or by the order of a listing. */
export function walkHistory(input: WalkInput): Walk {
  return input.mode === 'first-parent' ? walkFirstParents(input) : walkAllParents(input);
}

/** Trust rule 4.4: in this mode the trusted revision must lie on the tip's first-parent chain. */
function walkFirstParents(input: WalkInput): Walk {
  const { trusted, tip, graph, ancestors } = input;
  const chain: Oid[] = [];
  for (let id = tip; id !== trusted; ) {
    if (ancestors?.has(id)) return { kind: 'not-descendant' };
    const node = graph.get(id);
    if (node === undefined) return ancestors === null ? { kind: 'open' } : { kind: 'missing', object: id };
    const parent = node.parents[0];
    if (parent === undefined) return { kind: 'not-descendant' };
    if (chain.push(id) > graph.size) throw new Error(BEHIND_ITSELF);
    id = parent;
  }
  return rangeOfChain(input, chain, (position) => position > 0);
}

function walkAllParents(input: WalkInput): Walk {
  const { mode, trusted, tip, graph, ancestors } = input;
  if (tip === trusted || ancestors?.has(tip)) return { kind: 'not-descendant' };
  const node = graph.get(tip);
  if (node === undefined) return { kind: 'missing', object: tip };
  const found = findNewCommits(node, trusted, ancestors, graph);
  const order = sortParentsFirst(found);
  const descendants = findDescendants(found, order);

  // Trust rule 1.6: in mode `all` every path must end at the trusted revision or in its ancestor index; `head` needs one raw path.
  const { roots, missing } = found;
  const isClosed = ancestors !== null || (roots.size === 0 && missing.size === 0);
  const isDescendant = descendants[TIP] === 1;
  if (!isClosed && (mode === 'all' || !isDescendant)) return { kind: 'open' };
  const [absent] = missing.values();
  if (!isDescendant) return absent === undefined ? { kind: 'not-descendant' } : { kind: 'missing', object: absent };

  const chain = firstParentChain(found, descendants);
  return mode === 'head'
    ? rangeOfChain(
        input,
        chain.map((number) => idOf(found, number)),
        () => false,
      )
    : rangeOfAll(input, found, order, chain);
}

/** @returns 1 by the number of each commit that has the trusted revision behind it */
function findDescendants({ nodes, parents, children }: NewCommits, order: readonly number[]): Uint8Array {
  const descendants = new Uint8Array(nodes.length);
  const isDescendant = (number: number): boolean => descendants[number] === 1;
  for (const number of order) if (children.has(number) || parents.some(number, isDescendant)) descendants[number] = 1;
  return descendants;
}

/** Trust rule 4.2: the commits of the tip's first-parent chain that have the trusted revision as a proper ancestor. */
function firstParentChain({ firstParents }: NewCommits, descendants: Uint8Array): number[] {
  const chain: number[] = [];
  let number: number | undefined = TIP;
  while (number !== undefined && descendants[number] === 1) {
    chain.push(number);
    number = firstParents[number];
  }
  return chain;
}

function idOf({ nodes }: NewCommits, number: number): Oid {
  return (nodes[number] as CommitNode).oid;
}

function rangeOfAll(
  { trusted, ancestors, tip }: WalkInput,
  found: NewCommits,
  order: readonly number[],
  chain: readonly number[],
): Walk {
  const { nodes, roots, missing } = found;
  const asked = order.map((number) => idOf(found, number));
  const positions = new Int32Array(nodes.length);
  order.forEach((number, position) => {
    positions[number] = position;
  });
  const positionOf = (number: number): number => positions[number] as number;
  const parents = new ParentLists();
  const addParent = (number: number): void => parents.add(positionOf(number));
  for (const number of order) {
    found.parents.forEach(number, addParent);
    parents.endCommit();
  }
  return range({ trusted, ancestors, tip, asked, parents, candidates: chain.map(positionOf), roots, missing });
}

/** Where the mode asks for the candidates alone. @param chain - these, nearest the tip first */
function rangeOfChain(
  { trusted, ancestors, tip }: WalkInput,
  chain: readonly Oid[],
  asksForParent: (position: number) => boolean,
): Walk {
  const asked = chain.toReversed();
  const parents = new ParentLists();
  for (const position of asked.keys()) {
    if (asksForParent(position)) parents.add(position - 1);
    parents.endCommit();
  }
  const candidates = [...asked.keys()].reverse();
  return range({ trusted, ancestors, tip, asked, parents, candidates, roots: new Set(), missing: new Map() });
}

function range(found: CommitRange): Walk {
  return { kind: 'range', range: found };
}

/** Every commit reachable from `from` through the graph, itself included: the ancestor index of trust rule 1.6. */
export function reachableFrom(from: Oid, graph: CommitGraph): Set<Oid> {
  const reached = new Set<Oid>([from]);
  const open: Oid[] = [from];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    for (const parent of graph.get(id)?.parents ?? []) {
      if (reached.has(parent)) continue;
      reached.add(parent);
      open.push(parent);
    }
  }
  return reached;
}
