import type { Alert } from '../model/alert.ts';
import type { AuditEvent } from '../model/audit-event.ts';
import { formatBranchRef } from '../model/branch-ref.ts';
import type { BranchState, Compromise, RevisionRecord, Timestamp } from '../model/branch-state.ts';
import type { CompromiseCheck } from '../signatures/compromise-check.ts';
import { nextDecisionTime } from './clock-steps.ts';
import { owe } from './due.ts';
import { shortOid } from './offence.ts';

const MAX_KEYS_SHOWN = 20;
/** An item holds 400 kB, and a stolen authority certifies any number of keys. */
const MAX_KEYS_KEPT = 100;

/** Fingerprints for people and for audit records, bounded. */
export function listKeys(fingerprints: readonly string[]): string {
  const shown = fingerprints.slice(0, MAX_KEYS_SHOWN).join(', ');
  const hidden = fingerprints.length - MAX_KEYS_SHOWN;
  return hidden > 0 ? `${shown} and ${hidden} more` : shown;
}

/**
 * The branch as `Compromised` where what was published since its latest anchor rests on a compromised key (trust rule 3.3),
 * with what that owes: audit record and alert. Null where it does not, or where the branch says so already.
 * @param records - of every published revision, in the order of their sequences
 */
export function flagCompromise(
  state: BranchState,
  records: readonly RevisionRecord[],
  isCompromised: CompromiseCheck,
  now: Timestamp,
): BranchState | null {
  const since = records.filter(({ sequence }) => sequence >= state.anchorSequence);
  // Where it was not recorded who signed, it may be a compromised key.
  const resting = since.filter(({ signedBy }) => signedBy === null || signedBy.some(isCompromised));
  const [first] = resting;
  const revision = state.trusted?.oid ?? state.resumeAt;
  if (first === undefined || revision === null) return null;
  const signers = resting.flatMap(({ signedBy }) => signedBy ?? []).filter(isCompromised);
  const keys = [...new Set(signers.map(({ fingerprint }) => fingerprint))].slice(0, MAX_KEYS_KEPT);
  const known = state.compromise;
  if (known !== null && keys.every((key) => known.keys.includes(key))) return null;

  const compromise = describe(state, keys, first, known?.since ?? now);
  const { message, nextStep } = compromise;
  const decidedAt = nextDecisionTime(state, now);
  const event: AuditEvent = {
    ...{ kind: 'compromised', at: now, sequence: state.sequence, actor: 'headlock', message },
    details: { keys: listKeys(keys), revision, since: String(first.sequence) },
  };
  const alert: Alert = {
    event: 'compromised',
    ref: state.ref,
    severity: 'critical',
    title: `${formatBranchRef(state.ref)} rests on a compromised key`,
    description: `${message} It stays published, and nothing advances.`,
    nextSteps: [nextStep, 'Check what the clusters that follow the branch run.'],
  };
  const due = owe(state, [
    { kind: 'event', event },
    { kind: 'alert', alert },
  ]);
  return { ...state, compromise, decidedAt, due };
}

function describe(
  { ref, sequence, anchor, trusted, resumeAt }: BranchState,
  keys: readonly string[],
  first: RevisionRecord,
  since: Timestamp,
): Compromise {
  const name = formatBranchRef(ref);
  const published = `${shortOid(first.revision)} (sequence ${first.sequence})`;
  const message =
    keys.length === 0
      ? `${name} may rest on a key that is compromised: who signed ${published} was not recorded.`
      : `${name} rests on a compromised key (${listKeys(keys)}), which counted first for ${published}.`;
  const unlock = `headlock unlock ${ref.repository} ${ref.branch} --sequence ${sequence}`;
  // After a restore nothing is published yet that could be cleared.
  const sound =
    trusted === null
      ? 'Then '
      : `Where all of it is sound, run \`${unlock} --clear --compromised --reason "why"\`; else `;
  return {
    ...{ keys, message, since },
    nextStep: `Read what the key signed: \`git log --show-signature ${anchor}..${trusted?.oid ?? resumeAt}\`. ${sound}go to a sound commit with \`${unlock} --to COMMIT --compromised --reason "why"\`.`,
  };
}
