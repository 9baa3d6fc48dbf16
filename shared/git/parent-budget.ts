import type { BranchLimits } from '../model/limits.ts';
import type { Oid } from '../model/oid.ts';
import { readCommitNode } from './parse-commit.ts';
import { limitExceeded } from './transport-error.ts';

/**
 * Trust rule 4.7: bounds what a walk has to follow. One commit of a megabyte names twenty thousand parents, and thousands
 * of such commits make a small pack.
 * @returns takes each commit. @throws TransportError `limit_exceeded`
 */
export function createParentBudget({
  commits,
  parents,
}: Pick<BranchLimits, 'commits' | 'parents'>): (oid: Oid, raw: Uint8Array) => void {
  const total = commits * parents;
  let left = total;
  return (oid, raw) => {
    left -= readCommitNode(oid, raw)?.parents.length ?? 0;
    if (left < 0) throw limitExceeded('parents', `The commits name more than ${total} parents in all`);
  };
}
