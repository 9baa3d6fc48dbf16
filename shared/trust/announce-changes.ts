import { isDeepStrictEqual } from 'node:util';
import type { Alert } from '../model/alert.ts';
import type { AuditEvent, AuditEventKind } from '../model/audit-event.ts';
import { formatBranchRef } from '../model/branch-ref.ts';
import type { BranchState, Lock, Timestamp } from '../model/branch-state.ts';
import type { BranchPolicy } from '../model/policy.ts';
import { countLockAlert, createDigest, digestDueAt } from './alert-hour.ts';
import { type Announcement, owe } from './due.ts';
import type { Evidence } from './list-evidence.ts';
import type { KeyExpiry } from './list-key-expiries.ts';
import { listStatuses } from './list-statuses.ts';
import { type Offence, shortOid } from './offence.ts';
import { listDetails } from './policy-exceptions.ts';
import { remind } from './remind.ts';
import { watchKeys } from './watch-keys.ts';

const MAX_ALERTED_LOCKS = 100;

/** What tells one lock from another, for its `since` and for the rule of one alert each (trust rule 5.5). */
export function lockKey({ reason, commit }: Pick<Offence, 'reason' | 'commit'>): string {
  return `${reason}:${commit ?? ''}`;
}

export interface AnnouncementContext {
  readonly now: Timestamp;
  readonly branch: BranchPolicy;
  /** Whether the policy has the forge told of commits. */
  readonly tellsForge: boolean;
  /** When the keys of the policy end, for the one branch of a repository that watches them. */
  readonly keyExpiries?: readonly KeyExpiry[] | null;
}

/**
 * Owes every change from `before` to `after` its audit record, people their alerts, and the forge its statuses, which come
 * last (trust rules 5.4, 5.5).
 */
export function announceChanges(
  before: BranchState,
  after: BranchState,
  { now, branch, tellsForge, keyExpiries = null }: AnnouncementContext,
  /** What an advance rests on. */
  evidence: Evidence,
): BranchState {
  const locks = announceLock(before, after, now);
  const digest = createDigest(locks.state, now);
  const alertHour = digest === null ? locks.state.alertHour : null;
  const news = [
    ...announceAdvance(before, after, now, branch, evidence),
    ...locks.announcements,
    ...announceReachability(before, after, now),
    ...(digest === null ? [] : [alertOf(digest)]),
  ];
  const reminded = remind(after, now);
  const watched = watchKeys(after, keyExpiries, now);
  const announcements = [
    ...news,
    ...(reminded.alert === null || tellsOf(reminded.alert, news) ? [] : [alertOf(reminded.alert)]),
    ...(watched.alert === null ? [] : [alertOf(watched.alert)]),
    ...(tellsForge ? announceStatuses(before, after) : []),
  ];
  const recheckAt = earliest(after.recheckAt, digestDueAt(alertHour));
  const { reminders } = reminded;
  const { keys } = watched;
  return { ...locks.state, alertHour, reminders, keys, recheckAt, due: owe(before, announcements) };
}

/** Whether there is news of the same, that makes a reminder of it needless. */
function tellsOf({ event }: Alert, news: readonly Announcement[]): boolean {
  return news.some((each) => each.kind === 'alert' && each.alert.event === event);
}

/** After an operator's act, and under a new policy, all are told: what the forge shows was told by other rules, or never. */
function announceStatuses(before: BranchState, after: BranchState): Announcement[] {
  if (after.tip === null) return [];
  const told = before.tip === null || before.policyVersion !== after.policyVersion ? [] : listStatuses(before);
  return listStatuses(after)
    .filter((status) => !told.some((each) => isDeepStrictEqual(each, status)))
    .map(({ commit }) => ({ kind: 'status', commit }));
}

function announceAdvance(
  before: BranchState,
  after: BranchState,
  now: Timestamp,
  branch: BranchPolicy,
  { accepted, signedBy }: Evidence,
): Announcement[] {
  if (after.trusted === null || after.trusted.oid === before.trusted?.oid) return [];
  const { ref, sequence, operatorAnchored, policyVersion } = after;
  const decidedAt = after.decidedAt as Timestamp; // An advance was decided at some time.
  const { mode, keyTime } = branch;
  const revision = after.trusted.oid;
  const previous = before.trusted?.oid ?? before.resumeAt;
  const note = accepted.length === 0 ? '' : ' It rests on commits that the policy accepts by name.';
  const message = `${formatBranchRef(ref)} is trusted at ${shortOid(revision)} (sequence ${sequence}).${note}`;
  const vouched = accepted.map(({ commit, reason }) => ({ id: commit, reason }));
  return [
    {
      kind: 'revision',
      record: { sequence, revision, previous, decidedAt, mode, keyTime, policyVersion, operatorAnchored, signedBy },
    },
    eventOf('advanced', after, now, message, {
      revision,
      ...(previous === null ? {} : { previous }),
      ...listDetails('accepted', vouched),
    }),
    alertOf({
      event: 'advanced',
      ref,
      severity: 'info',
      title: `${formatBranchRef(ref)} advanced`,
      description: message,
      nextSteps: [],
    }),
  ];
}

function announceLock(
  before: BranchState,
  after: BranchState,
  now: Timestamp,
): { state: BranchState; announcements: Announcement[] } {
  const { lock } = after;
  if (lock === null)
    return before.lock === null ? { state: after, announcements: [] } : announceUnlock(before.lock, after, now);
  const key = lockKey(lock);
  if (before.lock !== null && lockKey(before.lock) === key) return { state: after, announcements: [] };

  const { reason, commit, message } = lock;
  const event = eventOf('locked', after, now, message, { reason, ...(commit === null ? {} : { commit }) });
  if (after.alertedLocks.includes(key)) return { state: after, announcements: [event] };
  const { hour, sendNow } = countLockAlert(after.alertHour, now);
  const state = { ...after, alertHour: hour, alertedLocks: [...after.alertedLocks, key].slice(-MAX_ALERTED_LOCKS) };
  return { state, announcements: sendNow ? [event, alertOf(lockedAlert(after, lock))] : [event] };
}

function announceUnlock(
  { reason, since }: Lock,
  after: BranchState,
  now: Timestamp,
): { state: BranchState; announcements: Announcement[] } {
  const name = formatBranchRef(after.ref);
  const { compromise } = after;
  // Trust rule 3.3: nothing advances yet, and nobody should wait for it.
  const rest = compromise === null ? '' : ' It advances no further, for it is compromised.';
  const message = `${name} is no longer locked: ${reason} since ${since} is mended.${rest}`;
  const event = eventOf('unlocked', after, now, message, { reason });
  const { hour, sendNow } = countLockAlert(after.alertHour, now);
  const alert: Alert = {
    event: 'unlocked',
    ref: after.ref,
    severity: compromise === null ? 'info' : 'warning',
    title: compromise === null ? `${name} unlocked` : `${name} no longer locked, and still compromised`,
    description: message,
    nextSteps: compromise === null ? [] : [compromise.nextStep],
  };
  return { state: { ...after, alertHour: hour }, announcements: sendNow ? [event, alertOf(alert)] : [event] };
}

function lockedAlert({ ref, trusted, enforcement }: BranchState, { reason, message, nextStep }: Offence): Alert {
  const held = trusted === null ? 'Nothing is published yet.' : `The branch holds at ${shortOid(trusted.oid)}.`;
  const dryRun = enforcement === 'report' ? ' Enforcement is `report`: the dry run goes on with the observed tip.' : '';
  return {
    event: 'locked',
    ref,
    severity: 'critical',
    title: `${formatBranchRef(ref)} locked: ${reason}`,
    description: `${message} ${held}${dryRun}`,
    nextSteps: [nextStep, `See \`headlock status ${ref.repository} ${ref.branch}\`.`],
  };
}

type Reachable = Pick<BranchState, 'ref' | 'sequence' | 'unreachable'>;

export function announceReachability(before: Reachable, after: Reachable, now: Timestamp): Announcement[] {
  const announcements: Announcement[] = [];
  const name = formatBranchRef(after.ref);
  const { unreachable } = after;
  if (unreachable === null) {
    if (before.unreachable === null) return [];
    const description = `The forge of ${name} answers again.`;
    const event = eventOf('reachable', after, now, description, {});
    if (!before.unreachable.alerted) return [event];
    const title = `${name} reachable again`;
    return [
      event,
      alertOf({ event: 'unreachable', ref: after.ref, severity: 'info', title, description, nextSteps: [] }),
    ];
  }
  const { cause, message, since } = unreachable;
  if (before.unreachable === null) announcements.push(eventOf('unreachable', after, now, message, { cause }));
  if (unreachable.alerted && before.unreachable?.alerted !== true) {
    const description = `The forge cannot be read since ${since}: ${message}`;
    const nextSteps = ['Mend the cause; Headlock tries again every few minutes and at every push.'];
    announcements.push(
      alertOf({
        event: 'unreachable',
        ref: after.ref,
        severity: 'warning',
        title: `${name} unreachable`,
        description,
        nextSteps,
      }),
    );
  }
  return announcements;
}

export function alertOf(alert: Alert): Announcement {
  return { kind: 'alert', alert };
}

export function eventOf(
  kind: AuditEventKind,
  state: Pick<BranchState, 'sequence'>,
  at: Timestamp,
  message: string,
  details: AuditEvent['details'],
): Announcement {
  return { kind: 'event', event: { kind, at, sequence: state.sequence, actor: 'headlock', message, details } };
}

function earliest(a: Timestamp | null, b: Timestamp | null): Timestamp | null {
  if (a === null || b === null) return a ?? b;
  return a < b ? a : b;
}
