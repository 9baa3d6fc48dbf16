import type { BranchRef } from '../model/branch-ref.ts';

/** How far messages are on their way back to the queue in which they failed. */
export interface Redrive {
  readonly status: 'running' | 'completed' | 'failed';
  readonly moved: number;
  /** What SQS says went wrong; null where nothing did. */
  readonly failure: string | null;
}

/** One message that failed too often. */
export interface DeadLetter {
  /** What it hints at; null where Headlock did not write it, and then nothing of it is shown. */
  readonly ref: BranchRef | null;
  readonly sentAt: Date;
  /** Looks like this one count too. */
  readonly receives: number;
}

/** Messages that failed too often. What they hint at is read anew when they are handled again, so moving them back is harmless. */
export interface DeadLetterQueue {
  /** About how many wait. */
  count(): Promise<number>;
  /** Looks at some, and leaves them where they are: of one branch no more than ten. */
  peek(): Promise<readonly DeadLetter[]>;
  /** Has all of them moved back to where they failed; each counts its attempts anew. Does nothing while that is under way. */
  startRedrive(): Promise<void>;
  /** The latest; null where there was none. */
  readRedrive(): Promise<Redrive | null>;
}
