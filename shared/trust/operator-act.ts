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
import { nextProof } from './next-proof.ts';
import { shortOid } from './offence.ts';

/**
 * `stale_sequence`: the branch moved on since the operator looked. `unseen_compromise`: it was flagged since, or the operator
 * does not say so. `nothing_to_clear`: an act without an effect is a mistake.
 */
export type OperatorActErrorCode = 'stale_sequence' | 'unseen_compromise' | 'nothing_to_clear';

/** What an operator decided, who and why (trust rule 5.3). */
export interface OperatorAct {
  /** The sequence that the operator saw. */
  readonly sequence: number;
  /** Whether the operator saw a compromise and vouches in spite of it: a flag does not raise the sequence (trust rule 5.1). */
  readonly overCompromise: boolean;
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
 * @throws HeadlockError as `assertSeen`
 */
export function reanchor(state: BranchState, to: Oid, act: OperatorAct): BranchState {
  const name = formatBranchRef(state.ref);
  assertSeen(state, act, name, state.ref.branch);
  const trusted = mintTrustedRevision(to);
  return conclude(state, anchoredAt(state, trusted), trusted, act, {
    kind: 'reanchored',
    severity: 'warning',
    title: `${name} re-anchored by an operator`,
    did: `anchored ${name} at ${shortOid(to)}`,
  });
}

/**
 * Takes a lock or a compromise away, so that the next decision is made anew from what is trusted already (trust rule 5.3).
 * @throws HeadlockError as `assertSeen`, and `nothing_to_clear`
 */
export function clear(state: BranchState, act: OperatorAct): BranchState {
  const { lock, trusted, compromise } = state;
  const name = formatBranchRef(state.ref);
  assertSeen(state, act, name, state.ref.branch);
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

/**
 * Trust rule 5.3: an operator acts on what they saw.
 * @param name - for people
 * @param shown - what names it to `headlock status`, after its repository
 * @throws HeadlockError `stale_sequence`, `unseen_compromise`, `nothing_to_clear`
 */
export function assertSeen(
  { ref, sequence, compromise }: Pick<BranchState, 'ref' | 'sequence' | 'compromise'>,
  act: Pick<OperatorAct, 'sequence' | 'overCompromise'>,
  name: string,
  shown: string,
): void {
  const refuse = (code: OperatorActErrorCode, message: string): never => {
    throw new HeadlockError<OperatorActErrorCode>(code, message, { kind: 'input' });
  };
  if (act.sequence !== sequence) {
    const look = `headlock status ${ref.repository} ${shown}`;
    const moved = `${name} is at sequence ${sequence}, not ${act.sequence}.`;
    refuse('stale_sequence', `${moved} Look again with \`${look}\`, then name --sequence ${sequence}.`);
  }
  if (compromise !== null && !act.overCompromise) {
    refuse('unseen_compromise', `${compromise.message} Where you vouch for it in spite of that, add --compromised.`);
  }
  if (compromise === null && act.overCompromise)
    refuse('nothing_to_clear', `${name} is not compromised. Leave --compromised out.`);
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
    resumeAt: null,
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
    reminders: null,
    trustedSince: trusted.oid === before.trusted?.oid ? before.trustedSince : decidedAt,
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
  return { ...after, due, proof: nextProof(before.proof, record, chosen) };
}
