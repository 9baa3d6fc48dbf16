import type { BranchRef } from '../model/branch-ref.ts';
import type { Oid } from '../model/oid.ts';

/** A hint that the forge should see a commit in another light. What it is told is read from the branch when it is told. */
export interface StatusHint {
  readonly ref: BranchRef;
  readonly commit: Oid;
  /** The id under which the branch owed it. The same id within five minutes counts once. */
  readonly delivery: string;
}

export interface StatusQueue {
  send(hint: StatusHint): Promise<void>;
}
