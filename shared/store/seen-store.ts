import type { BranchRef } from '../model/branch-ref.ts';
import type { Timestamp } from '../model/branch-state.ts';
import type { Oid } from '../model/oid.ts';

/** When commits were first fetched as new on a branch (trust rule 3.1): written once, one batch a fetch. */
export interface SeenStore {
  /** The earliest record from `from` on of each of these commits that has one. */
  read(ref: BranchRef, from: Timestamp, commits: readonly Oid[]): Promise<ReadonlyMap<Oid, Timestamp>>;
  write(ref: BranchRef, at: Timestamp, tip: Oid, commits: readonly Oid[]): Promise<void>;
}
