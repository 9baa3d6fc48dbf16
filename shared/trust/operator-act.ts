import type { Alert } from '../model/alert.ts';
import type { AuditEvent } from '../model/audit-event.ts';
import { formatBranchRef } from '../model/branch-ref.ts';
import type { BranchState, Compromise, RevisionRecord, Timestamp } from '../model/branch-state.ts';
import { formatClaim } from '../model/claim.ts';
import { HeadlockError } from '../model/headlock-error.ts';
import type { Oid } from '../model/oid.ts';
import type { BranchPolicy } from '../model/policy.ts';
import { mintTrustedRevision, type TrustedRevision } from '../model/trusted-revision.ts';
import { nextDecisionTime } from './clock-steps.ts';
import { owe } from './due.ts';
import { listKeys } from './flag-compromise.ts';
import { shortOid } from './offence.ts';

/** `stale_sequence`: the branch moved on since the operator looked. `nothing_to_clear`: an act without an effect is a mistake. */
export type OperatorActErrorCode = 'stale_sequence' | 'nothing_to_clear';

/** What an operator decided, who and why (trust rule 5.3). */
export interface OperatorAct {
  /** The sequence that the operator saw. */
  readonly sequence: number;
  readonly reason: string;
  /** As the credentials name them. */
  readonly actor: string;
  readonly now: Timestamp;
  readonly branch: BranchPolicy;
  readonly policyVersion: number;
}

export const MAX_REASON_LENGTH = 500;

/**
 * Moves trust to a commit that the operator vouches for, wherever it lies (trust rule 5.3). Its raw bytes must have been
 * read and checked before.
 * @throws HeadlockError `stale_sequence`
 */
export function reanchor(state: BranchState, to: Oid, act: OperatorAct): BranchState {
  assertSequence(state, act);
  const trusted = mintTrustedRevision(to);
  const name = formatBranchRef(state.ref);
  return conclude(state, anchoredAt(state, trusted), trusted, act, {
    kind: 'reanchored',
    severity: 'warning',
    title: `${name} re-anchored by an operator`,
    did: `anchored ${name} at ${shortOid(to)}`,
  });
}

/**
 * Takes a lock or a compromise away, so that the next decision is made anew from what is trusted already (trust rule 5.3).
 * @throws HeadlockError `stale_sequence`, `nothing_to_clear`
 */
export function clear(state: BranchState, act: OperatorAct): BranchState {
  assertSequence(state, act);
  const { lock, trusted, compromise } = state;
  const name = formatBranchRef(state.ref);
  if (trusted === null || (lock === null && compromise === null)) {
    const why = trusted === null ? 'has published nothing yet: choose a commit with --to' : 'is not locked';
    throw new HeadlockError('nothing_to_clear', `${name} ${why}.`, { kind: 'input' });
  }
  if (compromise !== null) return vouch(state, trusted, compromise, act);
  return conclude(state, state, trusted, act, {
    kind: 'unlocked',
    severity: 'info',
    title: `${name} unlocked by an operator`,
    did: `cleared the lock of ${name} (${lock?.reason})`,
  });
}

/** Trust rule 3.3: the operator's word now stands where the signatures of the compromised keys stood, so it is the new anchor. */
function vouch(state: BranchState, trusted: TrustedRevision, { keys }: Compromise, act: OperatorAct): BranchState {
  const name = formatBranchRef(state.ref);
  return conclude(state, anchoredAt(state, trusted), trusted, act, {
    kind: 'reanchored',
    severity: 'warning',
    title: `The compromise of ${name} is cleared by an operator`,
    did: `anchored ${name} at ${shortOid(trusted.oid)}, where it was, in spite of compromised keys (${listKeys(keys)})`,
  });
}

function anchoredAt(state: BranchState, trusted: TrustedRevision): BranchState {
  return { ...state, trusted, anchor: trusted.oid, operatorAnchored: true, anchorSequence: state.sequence + 1 };
}

function assertSequence({ ref, sequence }: BranchState, act: OperatorAct): void {
  if (act.sequence === sequence) return;
  const message = `${formatBranchRef(ref)} is at sequence ${sequence}, not ${act.sequence}. Look again with \`headlock status ${ref.repository} ${ref.branch}\`, then name --sequence ${sequence}.`;
  throw new HeadlockError<OperatorActErrorCode>('stale_sequence', message, { kind: 'input' });
}

interface Announcing {
  readonly kind: 'reanchored' | 'unlocked';
  readonly severity: Alert['severity'];
  readonly title: string;
  /** Completes "<actor> …". */
  readonly did: string;
}

/** Raises the sequence, forgets what was found of the tip, and owes audit record, revision and alert (trust rules 5.3–5.5). */
function conclude(
  before: BranchState,
  chosen: BranchState,
  trusted: TrustedRevision,
  act: OperatorAct,
  { kind, severity, title, did }: Announcing,
): BranchState {
  const sequence = before.sequence + 1;
  const decidedAt = nextDecisionTime(before, act.now);
  const after: BranchState = {
    ...chosen,
    sequence,
    decidedAt,
    // The next decision is made anew.
    tip: null,
    lock: null,
    compromise: null,
    progress: null,
    observedTip: null,
    lagging: null,
    recheckAt: null,
    alertedLocks: [],
  };
  const reason = formatClaim(act.reason, MAX_REASON_LENGTH);
  const message = `${act.actor} ${did} (sequence ${sequence}). Reason: ${reason}`;
  const event: AuditEvent = {
    kind,
    at: act.now,
    sequence,
    actor: act.actor,
    message,
    details: {
      reason,
      revision: trusted.oid,
      ...(before.trusted === null ? {} : { previous: before.trusted.oid }),
      ...(before.lock === null ? {} : { lock: before.lock.reason }),
      ...(before.compromise === null ? {} : { compromisedKeys: listKeys(before.compromise.keys) }),
    },
  };
  const record: RevisionRecord = {
    sequence,
    revision: trusted.oid,
    previous: before.trusted?.oid ?? null,
    decidedAt,
    mode: act.branch.mode,
    keyTime: act.branch.keyTime,
    policyVersion: act.policyVersion,
    operatorAnchored: after.operatorAnchored,
    // The operator's word proves it.
    signedBy: [],
  };
  const alert: Alert = {
    event: kind,
    ref: before.ref,
    severity,
    title,
    description: message,
    nextSteps: [`If you did not expect this, see \`headlock status ${before.ref.repository} ${before.ref.branch}\`.`],
  };
  const due = owe(before, [
    { kind: 'event', event },
    { kind: 'revision', record },
    { kind: 'alert', alert },
  ]);
  return { ...after, due };
}
