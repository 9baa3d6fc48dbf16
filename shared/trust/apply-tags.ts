import type { AuditEvent } from '../model/audit-event.ts';
import type { BranchRef } from '../model/branch-ref.ts';
import type { Timestamp } from '../model/branch-state.ts';
import type { Oid } from '../model/oid.ts';
import type { GuardedTags, TagState } from '../model/tag-state.ts';
import { changeEventOf, detailsOf, type PolicyChange } from './apply-policy.ts';
import { owe } from './due.ts';
import { sayTagRef } from './tag-offence.ts';

/** The state of a tag that was never seen before: nothing is published. @param floor - no sequence up to this one is used */
export function createTagState(ref: BranchRef, object: Oid, now: Timestamp, floor = 0): TagState {
  return {
    ref,
    ...{ version: 0, sequence: floor, trusted: null, object: null, signedBy: null, operatorAnchored: false },
    ...{ policyVersion: 0, decidedAt: null, tip: { revision: object, seenAt: now }, missingSince: null },
    ...{ lock: null, compromise: null, recheckAt: null, due: [], retired: false },
  };
}

/** What is known of a repository's tags before any was seen. */
export function createGuardedTags(ref: BranchRef, change: PolicyChange, sequenceFloor = 0): GuardedTags {
  const state: GuardedTags = {
    ref,
    ...{
      version: 0,
      policyVersion: change.policyVersion,
      counts: { Pending: 0, Trusted: 0, Locked: 0, Compromised: 0 },
      sequenceFloor,
    },
    ...{ lock: null, unreachable: null, alertHour: null, due: [], retired: false },
  };
  return tellAll(state, 'created', `Tags of ${ref.repository} are guarded.`, change);
}

/** The same under another policy, which may guard no tags any more. */
export function applyToGuardedTags(state: GuardedTags, isGuarded: boolean, change: PolicyChange): GuardedTags {
  const { policyVersion } = change;
  const changed = { ...state, policyVersion, retired: !isGuarded };
  if (isGuarded) {
    const message = `The policy changed for the tags of ${state.ref.repository}: version ${policyVersion}.`;
    return tellAll(changed, 'policy_changed', message, change);
  }
  if (state.retired) return changed;
  return tellAll(changed, 'retired', `The policy guards no tags of ${state.ref.repository} any more.`, change);
}

function tellAll(state: GuardedTags, kind: AuditEvent['kind'], message: string, change: PolicyChange): GuardedTags {
  return { ...state, due: owe(state, [changeEventOf(kind, { sequence: 0 }, message, change, detailsOf(change))]) };
}

/**
 * One tag under another policy; null where nothing is to be written. What is published is final under every policy. Where
 * nothing is yet, writing the state as it is raises its version, so a verifier that read the former policy fails its write
 * (trust rule 5.1); what changed is told once for all tags.
 */
export function applyToTag(state: TagState, isGuarded: boolean, change: PolicyChange): TagState | null {
  if (state.retired === !isGuarded) return isGuarded && state.object === null ? state : null;
  const message = `The policy ${isGuarded ? 'guards' : 'no longer guards'} ${sayTagRef(state.ref)}${isGuarded ? ' again' : ': its state is kept'}.`;
  const kind = isGuarded ? 'policy_changed' : 'retired';
  return { ...state, retired: !isGuarded, due: owe(state, [changeEventOf(kind, state, message, change, {})]) };
}
