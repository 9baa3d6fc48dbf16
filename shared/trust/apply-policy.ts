import type { AuditEvent, AuditEventKind } from '../model/audit-event.ts';
import { type BranchRef, formatBranchRef } from '../model/branch-ref.ts';
import type { BranchState, Timestamp } from '../model/branch-state.ts';
import type { BranchPolicy } from '../model/policy.ts';
import { type Announcement, owe } from './due.ts';

/** Who applied which version of a policy, and when. */
export interface PolicyChange {
  readonly policyVersion: number;
  /** The operator, as the credentials name them. */
  readonly actor: string;
  readonly now: Timestamp;
  /** Where the URL changed: audited (trust rule 5.6). */
  readonly url: { readonly from: string; readonly to: string } | null;
  /** What the policy says of single commits, as `describeExceptions` gives it (trust rule 2.7). */
  readonly exceptions: AuditEvent['details'];
}

/** No record is older, and the operator's clock has no say in which records count. */
export const FIRST_OF_ALL_TIMES: Timestamp = '1970-01-01T00:00:00.000Z';

/**
 * The state of a branch that no policy named before: nothing is published until its first decision (trust rule 5.7).
 * @param floor - no sequence up to this one is used: a table that was restored may not know of it (trust rule 5.6)
 */
export function createBranchState(ref: BranchRef, branch: BranchPolicy, change: PolicyChange, floor = 0): BranchState {
  const state: BranchState = {
    ref,
    version: 0,
    sequence: floor,
    trusted: null,
    resumeAt: null,
    anchor: branch.anchor,
    operatorAnchored: false,
    anchorSequence: floor + 1,
    proof: null,
    statement: null,
    enforcement: branch.enforcement,
    policyVersion: 0,
    decidedAt: null,
    tip: null,
    lock: null,
    compromise: null,
    progress: null,
    observedTip: null,
    unreachable: null,
    lagging: null,
    recheckAt: null,
    seenFrom: FIRST_OF_ALL_TIMES,
    due: [],
    alertedLocks: [],
    alertHour: null,
    reminders: null,
    keys: null,
    trustedSince: null,
    retired: false,
  };
  const message = `${formatBranchRef(ref)} is guarded from ${branch.anchor} on.`;
  const details = { anchor: branch.anchor, ...change.exceptions };
  return { ...state, due: owe(state, [changeEventOf('created', state, message, change, details)]) };
}

/**
 * The state under another policy, `branch` being null where it no longer names the branch. What was trusted, the sequence
 * and the anchor stay (trust rule 5.6); writing the result raises the version, so a verifier that read the former policy
 * fails its write (trust rule 5.1).
 */
export function applyToBranch(state: BranchState, branch: BranchPolicy | null, change: PolicyChange): BranchState {
  const name = formatBranchRef(state.ref);
  if (branch === null) {
    if (state.retired) return state;
    const message = `The policy no longer names ${name}: its state is kept.`;
    return { ...state, retired: true, due: owe(state, [changeEventOf('retired', state, message, change, {})]) };
  }
  const what = state.retired ? 'names' : 'changed for';
  const message = `The policy ${what} ${name}${state.retired ? ' again' : ''}: version ${change.policyVersion}.`;
  return {
    ...state,
    retired: false,
    due: owe(state, [changeEventOf('policy_changed', state, message, change, detailsOf(change))]),
  };
}

/** What the audit record of a changed policy tells besides. */
export function detailsOf({ url, exceptions }: PolicyChange): AuditEvent['details'] {
  return { ...(url && { formerUrl: url.from, url: url.to }), ...exceptions };
}

/**
 * Trust rule 5.6: the anchor is read once. A policy may repeat what it said before (`former`, null where it did not name
 * the branch) or name where trust starts now.
 * @returns the problem with the way out, or null.
 */
export function findAnchorProblem(
  state: BranchState,
  branch: BranchPolicy,
  former: BranchPolicy | null,
): string | null {
  if (branch.anchor === state.anchor || branch.anchor === former?.anchor) return null;
  const { repository, branch: name } = state.ref;
  const unlock = `headlock unlock ${repository} ${name} --sequence ${state.sequence} --to ${branch.anchor} --reason "why"`;
  return `The anchor of ${formatBranchRef(state.ref)} was ${former?.anchor ?? state.anchor} and is read only once. Write that one again; to move trust elsewhere, run \`${unlock}\`.`;
}

export function changeEventOf(
  kind: AuditEventKind,
  { sequence }: Pick<BranchState, 'sequence'>,
  message: string,
  { policyVersion, actor, now }: PolicyChange,
  details: AuditEvent['details'],
): Announcement {
  const event = {
    kind,
    at: now,
    sequence,
    actor,
    message,
    details: { policyVersion: String(policyVersion), ...details },
  };
  return { kind: 'event', event };
}
