import type { Alert } from '../model/alert.ts';
import type { AuditEvent } from '../model/audit-event.ts';
import { formatClaim } from '../model/claim.ts';
import { HeadlockError } from '../model/headlock-error.ts';
import type { Oid } from '../model/oid.ts';
import type { TagState } from '../model/tag-state.ts';
import { mintTrustedRevision } from '../model/trusted-revision.ts';
import { nextDecisionTime } from './clock-steps.ts';
import { owe } from './due.ts';
import { listKeys } from './flag-compromise.ts';
import { shortOid } from './offence.ts';
import { assertSeen, MAX_REASON_LENGTH, type OperatorAct, type OperatorActErrorCode } from './operator-act.ts';
import { sayTagRef, writeTag } from './tag-offence.ts';

export type TagAct = Omit<OperatorAct, 'branch' | 'policyVersion'>;

/**
 * Publishes another object under a tag's name, which the operator vouches for (trust rule 5.3): it is final then. Its raw bytes
 * must have been read and checked before.
 * @param commit - that the object names
 * @throws HeadlockError as `assertSeen`
 */
export function acceptTag(state: TagState, object: Oid, commit: Oid, act: TagAct): TagState {
  assertSeen(state, act, sayTagRef(state.ref), writeTag(state.ref.branch));
  const chosen = { ...state, trusted: mintTrustedRevision(commit), object, signedBy: [], operatorAnchored: true };
  return conclude(state, chosen, act, `accepted ${shortOid(object)} as ${sayTagRef(state.ref)}`);
}

/**
 * Lets a compromised tag stand on the operator's word, or stops publishing one that was moved or deleted: what the forge lists
 * is then judged as a new tag is (trust rule 5.3).
 * @throws HeadlockError as `assertSeen`, and `nothing_to_clear`
 */
export function clearTag(state: TagState, act: TagAct): TagState {
  const name = sayTagRef(state.ref);
  assertSeen(state, act, name, writeTag(state.ref.branch));
  if (state.object !== null && state.compromise !== null) {
    const keys = listKeys(state.compromise.keys);
    const stands = { ...state, signedBy: [], operatorAnchored: true };
    return conclude(state, stands, act, `let ${name} stand where it was, in spite of compromised keys (${keys})`);
  }
  if (state.object === null || state.lock === null) {
    const why = state.object === null ? 'has published nothing: choose an object with --to' : 'is not locked';
    throw new HeadlockError<OperatorActErrorCode>('nothing_to_clear', `${name} ${why}.`, { kind: 'input' });
  }
  const dropped = { ...state, trusted: null, object: null, signedBy: null, operatorAnchored: false, policyVersion: 0 };
  return conclude(state, dropped, act, `stopped publishing ${name} at ${shortOid(state.object)}`);
}

/** Raises the sequence, and owes audit record and alert (trust rules 5.3–5.5). */
function conclude(before: TagState, chosen: TagState, { actor, now, ...act }: TagAct, did: string): TagState {
  const { ref } = before;
  const sequence = before.sequence + 1;
  const reason = formatClaim(act.reason, MAX_REASON_LENGTH);
  const message = `${actor} ${did} (sequence ${sequence}). Reason: ${reason}`;
  const event: AuditEvent = {
    ...{ kind: 'reanchored', at: now, sequence, actor, message },
    details: {
      reason,
      ...(chosen.object === null ? {} : { object: chosen.object }),
      ...(before.object === null ? {} : { previous: before.object }),
      ...(before.lock === null ? {} : { lock: before.lock.reason }),
    },
  };
  const alert: Alert = {
    ...{ event: 'reanchored', ref, severity: 'warning', title: `${sayTagRef(ref)} changed by an operator` },
    description: message,
    nextSteps: [`If you did not expect this, see \`headlock status ${ref.repository} ${writeTag(ref.branch)}\`.`],
  };
  const due = owe(before, [
    { kind: 'event', event },
    { kind: 'alert', alert },
  ]);
  const decidedAt = nextDecisionTime(before, now);
  return { ...chosen, sequence, decidedAt, lock: null, compromise: null, recheckAt: null, due };
}
