import type { BranchRef } from '../model/branch-ref.ts';
import type { Oid } from '../model/oid.ts';
import type { AncestorSet } from './ancestor-set.ts';

/** What a branch publishes. An unlock may keep the revision, and raises the sequence (trust rule 5.3). */
export interface IndexedRevision {
  readonly revision: Oid;
  readonly sequence: number;
}

/**
 * The ancestor index of each branch (trust rule 1.6). It spares fetching a whole history and no more: where there is none,
 * it is made from raw commits again.
 */
export interface AncestorStore {
  /** Exactly what can be reached from that revision, itself included; null where that very set is not stored whole. */
  read(ref: BranchRef, of: IndexedRevision): Promise<AncestorSet | null>;
  /** Stores the whole set. Those of lower sequences are of no more use, and go. */
  write(ref: BranchRef, of: IndexedRevision, ancestors: Iterable<Oid>): Promise<void>;
  /**
   * After the recorded advance from `from` to `to`, whose sequence is the next: to the set of `from`, where that is stored,
   * it adds what else can be reached from `to`. Only for whoever recorded that advance (trust rule 5.1).
   */
  extend(ref: BranchRef, from: IndexedRevision, to: Oid, added: readonly Oid[]): Promise<void>;
}
