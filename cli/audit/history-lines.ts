import type { CommitNode } from '../../shared/model/commit.ts';
import type { Oid } from '../../shared/model/oid.ts';

type Graph = ReadonlyMap<Oid, CommitNode>;

/** The first-parent chain of the tip, the oldest last: down to `from`, or else to where the commits that are there end. */
export function firstParentChain(tip: Oid, from: Oid | null, graph: Graph): readonly Oid[] {
  const chain: Oid[] = [];
  const seen = new Set<Oid>();
  for (let id: Oid | undefined = tip; id !== undefined && graph.has(id) && !seen.has(id); ) {
    seen.add(id);
    chain.push(id);
    id = graph.get(id)?.parents[0];
  }
  if (from !== null && !seen.has(from)) chain.push(from);
  return chain;
}

export interface SentHistory {
  readonly commits: Graph;
  /** Ids of commits that are left out, for they collide (trust rule 1.1). */
  readonly collisions: ReadonlySet<Oid>;
}

/** Parents that are not there: what lies behind `from`, or behind the boundary of a shallow clone. */
export function parentsOutside({ commits, collisions }: SentHistory): ReadonlySet<Oid> {
  const outside = new Set<Oid>();
  for (const { parents } of commits.values())
    for (const parent of parents) if (!commits.has(parent) && !collisions.has(parent)) outside.add(parent);
  return outside;
}

/** Whether a parent of the commit is left out, so that nothing can rest on the commit. */
export function hasCollidingParent(oid: Oid, { commits, collisions }: SentHistory): boolean {
  return collisions.size > 0 && commits.get(oid)?.parents.some((parent) => collisions.has(parent)) === true;
}

/** What each commit of a chain brings that is not behind an older one, the oldest of the chain first. */
export function* newAlongChain(chain: readonly Oid[], graph: Graph): Generator<readonly Oid[], void, undefined> {
  const seen = new Set<Oid>();
  for (const start of chain.toReversed()) {
    const fresh: Oid[] = [];
    const open = [start];
    for (let id = open.pop(); id !== undefined; id = open.pop()) {
      const node = graph.get(id);
      if (node === undefined || seen.has(id)) continue;
      seen.add(id);
      fresh.push(id);
      open.push(...node.parents);
    }
    yield fresh;
  }
}
