import { assertNever } from '../../shared/model/assert-never.ts';
import type { CommitNode } from '../../shared/model/commit.ts';
import type { Oid } from '../../shared/model/oid.ts';
import type { Mode } from '../../shared/model/policy.ts';
import { newAlongChain } from './history-lines.ts';

export interface FoundAnchor {
  readonly anchor: Oid;
  /** How many commits the mode judges from there to the tip. */
  readonly judged: number;
}

/**
 * The oldest commit of the chain from which a branch reaches its tip without a lock. The tip itself always is one: what is
 * behind an anchor is not judged.
 * @param chain - the tip first, and where trust may start at the earliest last
 */
export function findAnchor(
  mode: Mode,
  chain: readonly Oid[],
  graph: ReadonlyMap<Oid, CommitNode>,
  isVerified: (oid: Oid) => boolean,
): FoundAnchor {
  const tip = chain[0] as Oid;
  const start = chain.at(-1) as Oid;
  switch (mode) {
    case 'head': {
      const judged = tip !== start && isVerified(tip) ? 1 : 0;
      return { anchor: judged === 1 ? start : tip, judged };
    }
    case 'first-parent': {
      const failing = chain.slice(0, -1).findIndex((oid) => !isVerified(oid));
      const at = failing === -1 ? chain.length - 1 : failing;
      return { anchor: chain[at] as Oid, judged: at };
    }
    case 'all':
      return findAnchorOfAll(chain, graph, isVerified);
    default:
      return assertNever(mode);
  }
}

/** Trust rules 4.1, 4.5: everything behind the tip and not behind the anchor verifies, and none of it is another history. */
function findAnchorOfAll(
  chain: readonly Oid[],
  graph: ReadonlyMap<Oid, CommitNode>,
  isVerified: (oid: Oid) => boolean,
): FoundAnchor {
  let at = chain.length - 1;
  let judged = 0;
  let position = chain.length;
  for (const fresh of newAlongChain(chain, graph)) {
    position -= 1;
    if (position === chain.length - 1) continue; // What the start brings is behind it.
    judged += fresh.length;
    if (fresh.every((oid) => isVerified(oid) && graph.get(oid)?.parents.length !== 0)) continue;
    at = position;
    judged = 0;
  }
  return { anchor: chain[at] as Oid, judged };
}
