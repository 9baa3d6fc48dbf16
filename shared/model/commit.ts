import type { ObjectFormat, Oid } from './oid.ts';

/** Who and when, as the commit claims it (trust rule 3.1: a claim of the signer, never evidence). */
export interface Identity {
  readonly name: string;
  readonly email: string;
  /** Seconds since 1970, UTC. */
  readonly seconds: number;
}

/** One header of a commit: its bytes in `raw` from `start` to `end`, with continuation lines and the last line feed. */
export interface CommitHeader {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

/** A commit read strictly from its raw bytes (trust rules 1.2, 1.3, 1.5). */
export interface Commit {
  readonly oid: Oid;
  readonly format: ObjectFormat;
  /** The object's body: what follows `commit <length>\0`. */
  readonly raw: Uint8Array;
  readonly tree: Oid;
  readonly parents: readonly Oid[];
  readonly author: Identity;
  readonly committer: Identity;
  readonly headers: readonly CommitHeader[];
  /** `raw` with one character a byte: the same offsets. */
  readonly text: string;
}

/** What a walk needs of a commit, readable also where the rest of the commit is malformed. */
export interface CommitNode {
  readonly oid: Oid;
  readonly parents: readonly Oid[];
}
