import type { BranchRef } from './branch-ref.ts';
import type { LockReason, Timestamp, UnreachableCause } from './branch-state.ts';
import type { Oid } from './oid.ts';
import type { CommitReason } from './verdict.ts';

/** What became of a branch, or `changed` of tags. `settled`: the forge showed nothing that was not decided before. */
export type DecisionOutcome =
  | 'settled'
  | 'advanced'
  | 'locked'
  | 'unlocked'
  | 'unreachable'
  | 'in-progress'
  | 'changed'
  | 'unchanged';

/** What one run did, for its log and for metrics. Nothing is decided by it. */
export interface DecisionReport {
  /** A branch, or all guarded tags of a repository. */
  readonly ref: BranchRef;
  readonly outcome: DecisionOutcome;
  /** Why the branch is locked, or its forge away. */
  readonly reason: LockReason | UnreachableCause | null;
  readonly revision: Oid | null;
  readonly sequence: number;
  /** How often the run began anew, for somebody else wrote first. */
  readonly restarts: number;
  /** All commits that were judged, also those that had been judged before. */
  readonly judged: number;
  /** Of those judged for the first time. */
  readonly verified: number;
  readonly refused: ReadonlyMap<CommitReason, number>;
  /** The forge showed something new, of which a webhook should have told. */
  readonly isPushed: boolean;
  /** When the outcome was recorded. */
  readonly recordedAt: Timestamp;
}
