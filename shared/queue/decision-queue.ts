import type { BranchRef } from '../model/branch-ref.ts';
import type { Timestamp } from '../model/branch-state.ts';

/** A hint that a branch may have changed. It says where to look and nothing that decides (trust rule 5.2). */
export interface DecisionHint {
  readonly ref: BranchRef;
  /** What gave the hint: `push:` and a forge's delivery id, `sweep:…`, `apply:…`. The same id within five minutes counts once. */
  readonly delivery: string;
  /** When a webhook's delivery came, for a metric alone. */
  readonly receivedAt?: Timestamp | undefined;
}

export interface DecisionQueue {
  send(hint: DecisionHint): Promise<void>;
}
