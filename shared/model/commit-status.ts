import type { Oid } from './oid.ts';

/** What the forge is told of a commit, for people to see beside it. It is never read back: a forge is not believed (trust rule 5.2). */
export interface CommitStatus {
  readonly commit: Oid;
  readonly state: 'success' | 'failure';
  /** Plain text, at most `MAX_STATUS_LENGTH` characters. */
  readonly description: string;
}

/** What GitHub takes; the others take 255. */
export const MAX_STATUS_LENGTH = 140;
