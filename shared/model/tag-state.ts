import type { BranchRef } from './branch-ref.ts';
import type { AlertHour, BranchState, Due, Lock, Timestamp, Unreachable } from './branch-state.ts';
import type { Oid } from './oid.ts';
import type { SignatureKeys } from './verdict.ts';

/** Everything that is known of a guarded tag: one item, every change one conditional write on `version` (trust rules 4.9, 5.1). */
export interface TagState
  extends Pick<
    BranchState,
    | 'ref'
    | 'version'
    | 'sequence'
    | 'operatorAnchored'
    | 'policyVersion'
    | 'decidedAt'
    | 'lock'
    | 'compromise'
    | 'recheckAt'
    | 'due'
    | 'retired'
  > {
  /** The commit that is published, and that does not change any more; null before the tag is proven. */
  readonly trusted: BranchState['trusted'];
  /** The object that proved it. */
  readonly object: Oid | null;
  /** What it rests on; null where that was not recorded (trust rule 3.3). */
  readonly signedBy: readonly SignatureKeys[] | null;
  /** The object that the forge listed last. */
  readonly tip: { readonly revision: Oid; readonly seenAt: Timestamp };
  /** Since when the forge does not list it. */
  readonly missingSince: Timestamp | null;
}

/** The published states of tags: an unreachable forge takes nothing from what is final. */
export const TAG_PUBLISHED_STATES = ['Pending', 'Trusted', 'Locked', 'Compromised'] as const;
export type TagPublishedState = (typeof TAG_PUBLISHED_STATES)[number];

export function publishedStateOfTag({ trusted, compromise, lock }: TagState): TagPublishedState {
  if (compromise !== null) return 'Compromised';
  if (lock !== null) return 'Locked';
  return trusted === null ? 'Pending' : 'Trusted';
}

export type TagCounts = Readonly<Record<TagPublishedState, number>>;

/** What is known of a repository's guarded tags as a whole: one item beside those of the tags. */
export interface GuardedTags {
  /** As `allTagsOf` gives it. */
  readonly ref: BranchRef;
  readonly version: number;
  /** The policy version that was applied last. */
  readonly policyVersion: number;
  /** As of the latest run. */
  readonly counts: TagCounts;
  /** No tag that is seen for the first time has a sequence up to this one: a restored table may not know of it (trust rule 5.6). */
  readonly sequenceFloor: number;
  /** More tags match than are guarded (trust rule 4.7). */
  readonly lock: Lock | null;
  readonly unreachable: Unreachable | null;
  /** The current hour of alerts of all tags together (trust rule 5.5). */
  readonly alertHour: AlertHour | null;
  readonly due: readonly Due[];
  /** True where the policy guards no tags any more; what is known stays (trust rule 5.6). */
  readonly retired: boolean;
}
