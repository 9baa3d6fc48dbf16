import type { CommitNode } from '../model/commit.ts';
import type { Oid } from '../model/oid.ts';
import type { Mode } from '../model/policy.ts';

/** The raw parents of every commit that a source sent. */
export type CommitGraph = ReadonlyMap<Oid, CommitNode>;

export interface WalkInput {
  readonly mode: Mode;
  readonly trusted: Oid;
  /** Not `trusted` itself. */
  readonly tip: Oid;
  readonly graph: CommitGraph;
  /** Every commit reachable from `trusted`, itself included; null before it is known (trust rule 1.6). */
  readonly ancestors: ReadonlySet<Oid> | null;
}

export type Walk =
  | { readonly kind: 'range'; readonly range: CommitRange }
  /** Only the ancestor index can tell what a root or an absent parent is: read it and walk again. */
  | { readonly kind: 'open' }
  /** A closed walk that does not meet the trusted revision (trust rule 4.4). */
  | { readonly kind: 'not-descendant' }
  /** The walk needs an object that the source does not send (trust rule 1.5). */
  | { readonly kind: 'missing'; readonly object: Oid };

/** What stands between the trusted revision and the tip, as far as the mode asks. */
export interface CommitRange {
  readonly trusted: Oid;
  /** Every commit reachable from `trusted`; null where the walk closed without knowing them. */
  readonly ancestors: ReadonlySet<Oid> | null;
  readonly tip: Oid;
  /** Commits that must verify for one candidate or another, parents before children. */
  readonly asked: readonly Oid[];
  /** Commits of the tip's first-parent chain that descend from the trusted revision, nearest the tip first (trust rule 4.2). */
  readonly candidates: readonly Oid[];
  /** For each asked commit, those of its parents that must verify with it. */
  readonly parents: ReadonlyMap<Oid, readonly Oid[]>;
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
function walkFirstParents({ trusted, tip, graph, ancestors }: WalkInput): Walk {
  const chain: Oid[] = [];
  const parents = new Map<Oid, readonly Oid[]>();
  for (let id = tip; id !== trusted; ) {
    if (ancestors?.has(id)) return { kind: 'not-descendant' };
    const node = graph.get(id);
    if (node === undefined) return ancestors === null ? { kind: 'open' } : { kind: 'missing', object: id };
    const parent = node.parents[0];
    if (parent === undefined) return { kind: 'not-descendant' };
    chain.push(id);
    parents.set(id, parent === trusted ? [] : [parent]);
    id = parent;
  }
  return range({
    ...{ trusted, ancestors, tip },
    asked: chain.toReversed(),
    candidates: chain,
    parents,
    roots: new Set(),
    missing: new Map(),
  });
}

function walkAllParents({ mode, trusted, tip, graph, ancestors }: WalkInput): Walk {
  const isAccepted = (id: Oid) => id === trusted || ancestors?.has(id) === true;
  if (isAccepted(tip)) return { kind: 'not-descendant' };
  const asked: Oid[] = [];
  const parents = new Map<Oid, readonly Oid[]>();
  const roots = new Set<Oid>();
  const missing = new Map<Oid, Oid>();
  const descendants = new Set<Oid>();

  // Post-order without recursion: a commit is left after all its parents, so `asked` has parents before children.
  const entered = new Set<Oid>();
  const stack: { readonly id: Oid; readonly open: Oid[] }[] = [];
  const enter = (id: Oid) => {
    entered.add(id);
    const all = graph.get(id)?.parents ?? [];
    const open = all.filter((parent) => !isAccepted(parent));
    const absent = open.find((parent) => !graph.has(parent));
    if (absent !== undefined) missing.set(id, absent);
    if (all.length === 0) roots.add(id);
    if (all.includes(trusted)) descendants.add(id);
    const sent = open.filter((parent) => graph.has(parent));
    parents.set(id, sent);
    stack.push({ id, open: [...sent] });
  };

  if (!graph.has(tip)) return { kind: 'missing', object: tip };
  enter(tip);
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const next = top.open.pop();
    if (next !== undefined) {
      if (!entered.has(next)) enter(next);
      continue;
    }
    stack.pop();
    asked.push(top.id);
    if (parents.get(top.id)?.some((parent) => descendants.has(parent))) descendants.add(top.id);
  }

  // Trust rule 1.6: in mode `all` every path must end at the trusted revision or in its ancestor index; `head` needs one raw path.
  const isClosed = ancestors !== null || (roots.size === 0 && missing.size === 0);
  if (!isClosed && (mode === 'all' || !descendants.has(tip))) return { kind: 'open' };
  const [absent] = missing.values();
  if (!descendants.has(tip))
    return absent === undefined ? { kind: 'not-descendant' } : { kind: 'missing', object: absent };

  const candidates = firstParentChain(tip, graph, descendants);
  if (mode === 'all') return range({ trusted, ancestors, tip, asked, candidates, parents, roots, missing });
  const alone = new Map(candidates.map((id) => [id, []]));
  return range({
    ...{ trusted, ancestors, tip },
    asked: candidates.toReversed(),
    candidates,
    parents: alone,
    roots: new Set(),
    missing: new Map(),
  });
}

/** Trust rule 4.2: the commits of the tip's first-parent chain that have the trusted revision as a proper ancestor. */
function firstParentChain(tip: Oid, graph: CommitGraph, descendants: ReadonlySet<Oid>): Oid[] {
  const chain: Oid[] = [];
  for (let id: Oid | undefined = tip; id !== undefined && descendants.has(id); id = graph.get(id)?.parents[0])
    chain.push(id);
  return chain;
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
