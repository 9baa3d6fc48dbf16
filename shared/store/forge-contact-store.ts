import type { Timestamp } from '../model/branch-state.ts';

/** That the sweep could not list the refs of a repository. */
export interface FailedContact {
  /** How many failed, one after the other. */
  readonly failures: number;
  /** Until when the sweep leaves the forge alone. */
  readonly nextAt: Timestamp;
}

/**
 * Failed contacts, by whom they keep back: a repository, or all that a forge counts as one caller; and how long at most a
 * repository waits for the latter. They only delay the sweep.
 */
export interface ForgeContactStore {
  /** Null where the latest contact did not fail, or what is stored cannot be read. */
  read(party: string): Promise<FailedContact | null>;
  write(party: string, contact: FailedContact): Promise<void>;
  remove(party: string): Promise<void>;
}
