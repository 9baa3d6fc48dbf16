import type { Oid } from '../model/oid.ts';
import { readCommitNode } from './parse-commit.ts';

/**
 * Whether one of the commits has `parent` as a parent. Among all commits that lie between two, one is a child of the
 * older, or there is no path: this tells ancestry from raw bytes alone (trust rules 1.5, 4.2).
 */
export function hasChildOf(parent: Oid, commits: ReadonlyMap<Oid, Uint8Array>): boolean {
  for (const [oid, raw] of commits) if (readCommitNode(oid, raw)?.parents.includes(parent)) return true;
  return false;
}
