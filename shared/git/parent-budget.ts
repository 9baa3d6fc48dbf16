import type { BranchLimits } from '../model/limits.ts';
import type { Oid } from '../model/oid.ts';
import { limitExceeded } from './transport-error.ts';

const LF = 0x0a;
const PARENT = Uint8Array.from('parent ', (letter) => letter.charCodeAt(0));

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
    left -= countParentLines(raw, oid.length);
    if (left < 0) throw limitExceeded('parents', `The commits name more than ${total} parents in all`);
  };
}

/** At least as many as `readCommitNode` reads, without a look at the ids. */
function countParentLines(raw: Uint8Array, digits: number): number {
  const lineBytes = PARENT.length + digits + 1;
  let count = 0;
  let start = 'tree '.length + digits + 1;
  while (raw[start + lineBytes - 1] === LF && startsWithParent(raw, start)) {
    count += 1;
    start += lineBytes;
  }
  return count;
}

function startsWithParent(raw: Uint8Array, start: number): boolean {
  for (let index = 0; index < PARENT.length; index += 1) if (raw[start + index] !== PARENT[index]) return false;
  return true;
}
