import type { Alert } from './alert.ts';
import type { AuditEvent } from './audit-event.ts';
import type { BranchRef } from './branch-ref.ts';
import type { Oid } from './oid.ts';
import type { Enforcement, Mode } from './policy.ts';
import type { KeyTime } from './signatory.ts';
import type { Proof, StatementTerms } from './statement.ts';
import type { ObservedTip, TrustedRevision } from './trusted-revision.ts';
import type { CommitReason, SignatureKeys } from './verdict.ts';

/** A point in time as ISO 8601 in UTC with milliseconds, so that text order is time order. */
export type Timestamp = string;

/** Why a branch (trust rules 2.6, 4.3–4.5, 4.7) or a tag (4.9) is locked. */
export type LockReason =
  | CommitReason
  | 'history_rewritten'
  | 'branch_deleted'
  | 'unrelated_history'
  | 'tag_moved'
  | 'malformed_tag';

export interface Lock {
  /** The offending commit; null where the branch itself is at fault, as for `branch_deleted`. */
  readonly commit: Oid | null;
  readonly reason: LockReason;
  /** What is wrong, for people. */
  readonly message: string;
  /** What to do about it, for people. */
  readonly nextStep: string;
  readonly since: Timestamp;
}

/** Why the forge could not be read: recorded, never thrown. */
export type UnreachableCause =
  | 'refused_credentials'
  | 'not_found'
  | 'connection'
  | 'dns'
  | 'tls'
  | 'host_key_changed'
  | 'host_key_unknown'
  | 'timeout'
  | 'rate_limited'
  | 'server_error'
  | 'bad_response'
  | 'truncated_pack'
  | 'missing_secret';

/** A key that the published revision rests on is compromised: nothing advances until an operator clears this (trust rule 3.3). */
export interface Compromise {
  /** The signing keys, as `fingerprint` of their signatures. */
  readonly keys: readonly string[];
  /** What is wrong, for people. */
  readonly message: string;
  /** What to do about it, for people. */
  readonly nextStep: string;
  readonly since: Timestamp;
}

/** How far a range is worked that is too long for one run: its verdicts are recorded in steps (trust rule 4.7). */
export interface Progress {
  readonly policyVersion: number;
  /** How many commits of the range, parents before children, have their verdicts recorded. */
  readonly judged: number;
  /** Hexadecimal SHA-256 of their ids in that order: commits can be put in before others. */
  readonly digest: string;
  readonly total: number;
}

export interface Unreachable {
  readonly cause: UnreachableCause;
  readonly message: string;
  readonly since: Timestamp;
  readonly attempts: number;
  readonly alerted: boolean;
}

/** A tip that may be a replica lagging behind: it locks only if still so at a second reading (trust rule 4.4). */
export interface LaggingTip {
  readonly revision: Oid;
  readonly since: Timestamp;
}

export interface AlertHour {
  readonly since: Timestamp;
  readonly sent: number;
  readonly held: number;
}

/** What people are reminded of while it lasts (trust rule 5.5). */
export interface Reminders {
  readonly of: 'Compromised' | 'Locked' | 'Unreachable';
  /** When that began, whatever its reason is by now. */
  readonly since: Timestamp;
  /** How many reminders were due since then, whether or not each was sent. */
  readonly passed: number;
}

/** The keys of the repository's policy that end: one of its branches watches them. */
export interface KeyWatch {
  /** What came near its end by then was told. */
  readonly checkedAt: Timestamp;
  /** When there is something to tell next; null where no key ends. */
  readonly nextAt: Timestamp | null;
  /** When the keys of signatories end, of those that end first. */
  readonly soonest: readonly { readonly signatory: string; readonly expires: Timestamp }[];
}

/** Announcements that a write of the branch owes (trust rule 5.5). Ids come from the branch's version, so delivering twice is harmless. */
export type Due =
  | { readonly kind: 'event'; readonly id: string; readonly event: AuditEvent }
  | { readonly kind: 'revision'; readonly id: string; readonly record: RevisionRecord }
  | { readonly kind: 'alert'; readonly id: string; readonly alert: Alert }
  /** The forge is to show this commit in another light. */
  | { readonly kind: 'status'; readonly id: string; readonly commit: Oid };

/** One published revision: append-only, derived from the branch item. */
export interface RevisionRecord {
  readonly sequence: number;
  readonly revision: Oid;
  readonly previous: Oid | null;
  readonly decidedAt: Timestamp;
  readonly mode: Mode;
  readonly keyTime: KeyTime;
  readonly policyVersion: number;
  readonly operatorAnchored: boolean;
  /** What the commits rest on that this revision added; null where that is not known, for then they may rest on any key. */
  readonly signedBy: readonly SignatureKeys[] | null;
}

/** Everything that is known of a branch: one item, every change one conditional write on `version` (trust rule 5.1). */
export interface BranchState {
  readonly ref: BranchRef;
  /** Private: raised by every write. */
  readonly version: number;
  /** Public: 0 until something is published, then raised by one with each published revision or operator's act, for ever. */
  readonly sequence: number;
  /** Null until the first decision (trust rule 5.7). */
  readonly trusted: TrustedRevision | null;
  /**
   * After a restore: what was trusted when the backup was made. Decisions go on from there, and nothing is published before
   * one proves the branch anew (trust rule 5.6). Null otherwise.
   */
  readonly resumeAt: Oid | null;
  /** Where trust starts; read from the policy once, moved only by an operator (trust rules 5.3, 5.6). */
  readonly anchor: Oid;
  readonly operatorAnchored: boolean;
  /** The sequence of the first revision that the anchor gave rise to; 1 before there is one. */
  readonly anchorSequence: number;
  /** What the published revision rests on; null before the first, and where an earlier version of Headlock published it. */
  readonly proof: Proof | null;
  /** What the signed statement says beyond all this; null before the first (trust rule 6.1). */
  readonly statement: StatementTerms | null;
  readonly enforcement: Enforcement;
  /** The policy version that the latest decision used, 0 before the first. */
  readonly policyVersion: number;
  /** When the current state was decided; null before the first decision. Orders states within a sequence. */
  readonly decidedAt: Timestamp | null;
  readonly tip: { readonly revision: Oid; readonly seenAt: Timestamp } | null;
  readonly lock: Lock | null;
  readonly compromise: Compromise | null;
  readonly progress: Progress | null;
  readonly observedTip: ObservedTip | null;
  readonly unreachable: Unreachable | null;
  readonly lagging: LaggingTip | null;
  /** When time alone may change the decision; the sweep serves it. */
  readonly recheckAt: Timestamp | null;
  /** First-seen records from this time on still count (trust rule 3.1): some days before the latest time at which nothing was pending. */
  readonly seenFrom: Timestamp;
  readonly due: readonly Due[];
  /** `reason:commit` of the locks that were alerted since the last advance: one alert each (trust rule 5.5). */
  readonly alertedLocks: readonly string[];
  /** The current hour of lock alerts; past a handful they are held back for one digest (trust rule 5.5). */
  readonly alertHour: AlertHour | null;
  /** Null while nothing is wrong that people were told of. */
  readonly reminders: Reminders | null;
  /** Null where another branch of the repository watches. */
  readonly keys: KeyWatch | null;
  /** Since when the trusted revision is what it is; null before there is one, and where that was not recorded. */
  readonly trustedSince: Timestamp | null;
  /** True where the policy no longer names the branch; its state stays (trust rule 5.6). */
  readonly retired: boolean;
}

/** The state as it is published (interfaces, part 2). */
export type PublishedState = 'Pending' | 'Trusted' | 'Locked' | 'Compromised' | 'Unreachable';

export function publishedStateOf(state: BranchState): PublishedState {
  if (state.trusted === null) return 'Pending';
  if (state.compromise !== null) return 'Compromised';
  if (state.lock !== null) return 'Locked';
  return state.unreachable === null ? 'Trusted' : 'Unreachable';
}
