import type { BranchRef } from '../model/branch-ref.ts';
import type { BranchState } from '../model/branch-state.ts';

export interface ListedBranch {
  readonly ref: BranchRef;
  readonly state: BranchState | null;
}

/** Branch items. Every write is conditional (trust rule 5.1). */
export interface BranchStore {
  /** A consistent read: it leads to writes. */
  read(ref: BranchRef): Promise<BranchState | null>;
  /** An eventually consistent read, for publication. */
  readForPublication(ref: BranchRef): Promise<BranchState | null>;
  /** Consistent reads. */
  list(repository: string): Promise<readonly BranchState[]>;
  /** Eventually consistent reads, for publication. */
  listForPublication(repository: string): Promise<readonly BranchState[]>;
  /** The branches that have an item, with null for a state that cannot be read: one that is corrupt hides no other. */
  listEach(repository: string): Promise<readonly ListedBranch[]>;
  /** Writes `state` where the stored version is still `state.version`; the stored item then has the next version, which is returned. A state of version 0 is created. Returns null where somebody else wrote first. */
  write(state: BranchState): Promise<BranchState | null>;
}
