import type { UnreachableCause } from '../model/branch-state.ts';
import type { ObjectFormat, Oid } from '../model/oid.ts';

/** The repository could not be read: a state to record, not a fault to throw. */
export interface SourceUnreachable {
  readonly kind: 'unreachable';
  readonly cause: UnreachableCause;
  /** One sentence that says what to do next; no credential and no URL user part in it. */
  readonly message: string;
  /** Seconds that the forge asks its callers to wait. */
  readonly retryAfter?: number;
}

export type TipOutcome =
  | { readonly kind: 'tip'; readonly oid: Oid; readonly format: ObjectFormat }
  /** The listing was complete and successful, and the branch is not in it. */
  | { readonly kind: 'gone' }
  | SourceUnreachable;

export interface SentCommits {
  /** Raw commit bodies by the id that their bytes hash to (trust rule 1.1). What is absent was not sent, or collides. */
  readonly commits: ReadonlyMap<Oid, Uint8Array>;
  /** Ids of commits that were sent and show a SHA-1 collision attack: left out of `commits`, so nothing can rest on them. */
  readonly collisions: ReadonlySet<Oid>;
}

export type FetchOutcome =
  | ({ readonly kind: 'commits' } & SentCommits)
  /** The source knows `have` and has no path from `want` to it, or it does not know `have`. */
  | { readonly kind: 'no-common-path'; readonly haveKnown: boolean }
  | { readonly kind: 'limit-exceeded'; readonly limit: string; readonly message: string }
  | SourceUnreachable;

export const NOTHING_SENT = {
  kind: 'commits',
  commits: new Map(),
  collisions: new Set(),
} as const satisfies FetchOutcome;

export interface FetchRequest {
  readonly want: Oid;
  /** The commit that we have; null asks for the whole history of `want`. */
  readonly have: Oid | null;
}

/** Where commits come from: a forge over HTTP, or a repository on this machine. */
export interface CommitSource {
  readTip(branch: string): Promise<TipOutcome>;
  fetchCommits(request: FetchRequest): Promise<FetchOutcome>;
}
