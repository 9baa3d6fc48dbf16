import type { PublishedState, Timestamp } from './branch-state.ts';
import type { Oid } from './oid.ts';
import type { Mode } from './policy.ts';
import type { KeyTime } from './signatory.ts';

/** What was proven of a published revision, as its statement says it (trust rule 6.1). */
export interface Proof {
  /** What was published under the sequence before; null for the first. */
  readonly previous: Oid | null;
  /** How the commits behind the latest advance were proven. */
  readonly mode: Mode;
  readonly keyTime: KeyTime;
  /** The sequence from which on every revision was proven in this mode and `keyTime`. */
  readonly since: number;
  /** Whether every advance since the anchor was proven in mode `all`. */
  readonly isWhole: boolean;
  /** The tree of the revision; null where its bytes were not read when it was published. */
  readonly tree: Oid | null;
}

/** The policy that a statement names. */
export interface StatedPolicy {
  readonly version: number;
  readonly verifier: string;
  /** Of the repository. */
  readonly url: string;
  /** Of the policy and its keyring, hexadecimal. */
  readonly sha256: string;
}

/**
 * The statement that a branch calls for, with all that it says beyond the branch itself, so that it is always made of the same
 * bytes, however often it is signed.
 */
export interface StatementTerms {
  /** What of the branch it is about: one that tells of another sequence or state is not signed any more. */
  readonly sequence: number;
  readonly state: PublishedState;
  readonly policy: StatedPolicy;
  /** Goes forward with each statement of a branch (trust rules 5.1, 6.2). */
  readonly issuedAt: Timestamp;
  /** From when on another one takes its place: half of its life. */
  readonly renewAt: Timestamp;
  readonly expires: Timestamp;
  /** Whether it was signed and stored. */
  readonly isSigned: boolean;
  /** The key of the latest statement that was signed, this one or one before; null before the first. */
  readonly keyId: string | null;
}

/** One signed statement with what it is about, so that nobody needs to open it to know whether it may be served. */
export interface SignedStatement {
  readonly sequence: number;
  readonly state: PublishedState;
  readonly revision: Oid;
  readonly issuedAt: Timestamp;
  readonly expires: Timestamp;
  readonly keyId: string;
  /** A DSSE envelope in JSON. */
  readonly envelope: string;
}
