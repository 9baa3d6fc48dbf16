import type { Alert } from '../model/alert.ts';
import type { AuditEvent } from '../model/audit-event.ts';
import { formatBranchRef } from '../model/branch-ref.ts';
import type { BranchState, Timestamp } from '../model/branch-state.ts';
import type { GuardedTags, TagState } from '../model/tag-state.ts';
import { owe } from './due.ts';
import { shortOid } from './offence.ts';

/** A restore, as its audit records tell of it. */
export interface Restore {
  /** No item can have been written more often since the backup was made. */
  readonly raise: number;
  readonly actor: string;
  readonly now: Timestamp;
  /** What was restored, for people. */
  readonly from: string;
}

/**
 * A branch of a backup as it may go into a table that is served: every sequence and version lies above the highest that there
 * ever was, nothing is published before a decision proves it anew, and none is made before an operator applies a policy
 * (trust rule 5.6). All else that is known of it stays.
 */
export function restoreBranch(state: BranchState, restore: Restore): BranchState {
  const resumeAt = state.trusted?.oid ?? state.resumeAt;
  const sequence = state.sequence + restore.raise;
  const raised: BranchState = {
    ...state,
    version: state.version + restore.raise,
    sequence,
    trusted: null,
    resumeAt,
    // Trust rule 6.1: how those were proven that were published since the backup, nobody knows.
    proof: state.proof && { ...state.proof, since: sequence + 1 },
    // What was never published begins with its next sequence.
    anchorSequence: resumeAt === null ? sequence + 1 : state.anchorSequence,
    ...{ statement: null, tip: null, lock: null, progress: null, observedTip: null, lagging: null, recheckAt: null },
    ...{ alertedLocks: [], trustedSince: null, retired: true },
  };
  const name = formatBranchRef(state.ref);
  const where = resumeAt === null ? 'nothing was published by then' : `it goes on from ${shortOid(resumeAt)}`;
  const message = `${restore.actor} restored ${name} from ${restore.from}: ${where}, above sequence ${sequence}.`;
  const details = { ...(resumeAt === null ? {} : { revision: resumeAt }), formerSequence: String(state.sequence) };
  const event: AuditEvent = { kind: 'reanchored', at: restore.now, sequence, actor: restore.actor, message, details };
  const alert: Alert = {
    ...{ event: 'reanchored', ref: state.ref, severity: 'warning', title: `${name} restored from a backup` },
    description: message,
    nextSteps: [
      `See \`headlock status ${state.ref.repository} ${state.ref.branch}\`, and compare it with what agents run.`,
    ],
  };
  return {
    ...raised,
    due: owe({ due: raised.due, version: raised.version - 1 }, [
      { kind: 'event', event },
      { kind: 'alert', alert },
    ]),
  };
}

/** The same of a tag. What was published stays final (trust rule 4.9), else an older signed tag of that name could take its place. */
export function restoreTag(state: TagState, restore: Restore): TagState {
  const { ref, object } = state;
  const [version, sequence] = [state.version + restore.raise, state.sequence + restore.raise];
  const message = `${restore.actor} restored ${formatBranchRef(ref)} from ${restore.from}, above sequence ${sequence}.`;
  const details = object === null ? {} : { object };
  const event: AuditEvent = { kind: 'reanchored', at: restore.now, sequence, actor: restore.actor, message, details };
  const due = owe({ due: state.due, version: version - 1 }, [{ kind: 'event', event }]);
  return { ...state, version, sequence, due, retired: true };
}

/** And of a repository's tags as a whole. */
export function restoreGuardedTags(state: GuardedTags, { raise }: Restore): GuardedTags {
  return { ...state, version: state.version + raise, sequenceFloor: state.sequenceFloor + raise, retired: true };
}
