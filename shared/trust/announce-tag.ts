import type { Alert, AlertEvent, Severity } from '../model/alert.ts';
import { formatBranchRef } from '../model/branch-ref.ts';
import type { Timestamp } from '../model/branch-state.ts';
import type { GuardedTags, TagState } from '../model/tag-state.ts';
import { type AlertBudget, isDigestDue } from './alert-hour.ts';
import { alertOf, announceReachability, eventOf, lockKey } from './announce-changes.ts';
import { type Announcement, owe } from './due.ts';
import { listKeys } from './flag-compromise.ts';
import type { Evidence } from './list-evidence.ts';
import { shortOid } from './offence.ts';
import { listDetails } from './policy-exceptions.ts';
import { sayTagRef, writeTag } from './tag-offence.ts';

/** How many alerts go out at once. */
export interface TagBudgets {
  /** Of all tags in an hour (trust rule 5.5). */
  readonly usual: AlertBudget;
  /** Of one run, for what cannot wait (trust rules 3.3, 4.9): a handful says enough, `status` lists the others. */
  readonly urgent: AlertBudget;
}

/** Owes every change from `before` to `after` its audit record, and people their alerts as far as the budgets go (trust rules 5.4, 5.5). */
export function announceTag(
  before: TagState,
  after: TagState,
  now: Timestamp,
  budgets: TagBudgets,
  evidence: Evidence,
): TagState {
  const changes = [...announcePublication(before, after, now, evidence), ...announceLock(before, after, now)];
  const kept = changes.filter((change) => {
    if (change.kind !== 'alert') return true;
    const { event } = change.alert;
    // Whoever moves a published tag could else push a few unsigned ones first, and hide it for an hour.
    const isUrgent = event === 'compromised' || (event === 'locked' && after.object !== null);
    return (isUrgent && budgets.urgent.take()) || budgets.usual.take();
  });
  return kept.length === 0 ? after : { ...after, due: owe(before, kept) };
}

function announcePublication(
  before: TagState,
  after: TagState,
  now: Timestamp,
  { accepted }: Evidence,
): Announcement[] {
  const announcements: Announcement[] = [];
  const { ref, object, trusted, compromise, sequence } = after;
  const name = sayTagRef(ref);
  if (object !== null && trusted !== null && before.object !== object) {
    const note = accepted.length === 0 ? '' : ' It rests on what the policy accepts by name.';
    const message = `${name} is trusted at ${shortOid(trusted.oid)} (sequence ${sequence}), and final.${note}`;
    const vouched = accepted.map(({ commit, reason }) => ({ id: commit, reason }));
    const details = { revision: trusted.oid, object, ...listDetails('accepted', vouched) };
    announcements.push(
      eventOf('advanced', after, now, message, details),
      alertOn(after, 'advanced', 'info', `${name} is trusted`, message, []),
    );
  }
  if (compromise !== null && before.compromise === null) {
    const { message, keys, nextStep } = compromise;
    announcements.push(
      eventOf('compromised', after, now, message, { keys: listKeys(keys) }),
      alertOn(
        after,
        'compromised',
        'critical',
        `${name} rests on a compromised key`,
        `${message} It stays published.`,
        [nextStep],
      ),
    );
  }
  return announcements;
}

function announceLock(before: TagState, after: TagState, now: Timestamp): Announcement[] {
  const { lock, ref, object } = after;
  const name = sayTagRef(ref);
  if (lock === null) {
    if (before.lock === null) return [];
    const { reason, since } = before.lock;
    const why = after.missingSince === null ? `${reason} since ${since} is mended` : 'the forge no longer lists it';
    const message = `${name} is no longer locked: ${why}.`;
    const event = eventOf('unlocked', after, now, message, { reason });
    // What has become trusted says more.
    return before.object === object
      ? [event, alertOn(after, 'unlocked', 'info', `${name} unlocked`, message, [])]
      : [event];
  }
  if (before.lock !== null && lockKey(before.lock) === lockKey(lock)) return [];
  const { reason, commit, message, nextStep } = lock;
  const held = object === null ? 'It is not published.' : `It is published as it was, at ${shortOid(object)}.`;
  return [
    eventOf('locked', after, now, message, { reason, ...(commit === null ? {} : { object: commit }) }),
    alertOn(after, 'locked', 'critical', `${name} locked: ${reason}`, `${message} ${held}`, [nextStep]),
  ];
}

function alertOn(
  { ref }: TagState,
  event: AlertEvent,
  severity: Severity,
  title: string,
  description: string,
  steps: readonly string[],
): Announcement {
  const see = `See \`headlock status ${ref.repository} ${writeTag(ref.branch)}\`.`;
  return alertOf({ event, ref, severity, title, description, nextSteps: steps.length === 0 ? [] : [...steps, see] });
}

/** Likewise of all tags of a repository together, with the digest of what was held back once its hour is over. */
export function announceGuardedTags(before: GuardedTags, after: GuardedTags, now: Timestamp): GuardedTags {
  const locks = announceLimit(before, after, now);
  const reachability = announceReachability({ ...before, sequence: 0 }, { ...after, sequence: 0 }, now);
  const digest = createTagDigest(after, now);
  const announcements = [...locks, ...reachability, ...(digest === null ? [] : [alertOf(digest)])];
  const alertHour = digest === null ? after.alertHour : null;
  return { ...after, alertHour, due: owe(before, announcements) };
}

function announceLimit(before: GuardedTags, { ref, lock }: GuardedTags, now: Timestamp): Announcement[] {
  if (lock === null) {
    const message = `All tags of ${ref.repository} that match the patterns are guarded again.`;
    return before.lock === null
      ? []
      : [eventOf('unlocked', { sequence: 0 }, now, message, { reason: before.lock.reason })];
  }
  if (before.lock !== null) return [];
  const { message, nextStep } = lock;
  const name = formatBranchRef(ref);
  return [
    eventOf('locked', { sequence: 0 }, now, message, { reason: lock.reason }),
    alertOf({
      ...{ event: 'locked', ref, severity: 'critical', title: `${name}: ${lock.reason}` },
      ...{ description: message, nextSteps: [nextStep] },
    }),
  ];
}

function createTagDigest({ ref, alertHour: hour, counts }: GuardedTags, now: Timestamp): Alert | null {
  if (!isDigestDue(hour, now)) return null;
  const isWell = counts.Locked + counts.Compromised === 0;
  const held = hour.held === 1 ? '1 more change' : `${hour.held} more changes`;
  return {
    ...{ event: isWell ? 'advanced' : 'locked', ref, severity: isWell ? 'info' : 'critical' },
    title: `${ref.repository}: ${held} of guarded tags since ${hour.since}`,
    description: `Trusted are ${counts.Trusted}, locked ${counts.Locked}, compromised ${counts.Compromised}, waiting ${counts.Pending}.`,
    nextSteps: [`\`headlock status ${ref.repository}\` lists those that are locked.`],
  };
}
