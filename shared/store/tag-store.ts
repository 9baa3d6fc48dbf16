import type { BranchRef } from '../model/branch-ref.ts';
import type { GuardedTags, TagState } from '../model/tag-state.ts';

/** Items that are read consistently and written under the condition that nobody wrote in between (trust rule 5.1). */
export interface StateStore<State> {
  /** A consistent read: it leads to writes. */
  read(ref: BranchRef): Promise<State | null>;
  /** An eventually consistent read, for publication. */
  readForPublication(ref: BranchRef): Promise<State | null>;
  /** As `BranchStore` writes. */
  write(state: State): Promise<State | null>;
}

export interface TagStore extends StateStore<TagState> {
  /** A consistent read of all tags of a repository, by their names. */
  list(repository: string): Promise<readonly TagState[]>;
  /** What is known of all tags of a repository together. */
  readonly guarded: StateStore<GuardedTags>;
  /** Whether tags of the repository are or were guarded: what is known of them is not read. */
  isGuarded(repository: string): Promise<boolean>;
}
