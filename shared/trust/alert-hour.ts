import type { Alert } from '../model/alert.ts';
import { formatBranchRef } from '../model/branch-ref.ts';
import type { AlertHour, BranchState, Timestamp } from '../model/branch-state.ts';

const ALERTS_AN_HOUR = 5;
const HOUR_MS = 3_600_000;

/** Trust rule 5.5: a handful of lock alerts an hour go out at once; the rest are held for one digest. */
export function countLockAlert(hour: AlertHour | null, now: Timestamp): { hour: AlertHour; sendNow: boolean } {
  const current = hour === null || (isOver(hour, now) && hour.held === 0) ? { since: now, sent: 0, held: 0 } : hour;
  if (current.sent < ALERTS_AN_HOUR) return { hour: { ...current, sent: current.sent + 1 }, sendNow: true };
  return { hour: { ...current, held: current.held + 1 }, sendNow: false };
}

/** Counts the alerts of many tags against one hour of theirs together (trust rule 5.5). */
export interface AlertBudget {
  readonly hour: AlertHour | null;
  /** Whether the next alert goes out at once; else it is held for the digest. */
  take(): boolean;
}

export function createAlertBudget(start: AlertHour | null, now: Timestamp): AlertBudget {
  let hour = start;
  return {
    get hour() {
      return hour;
    },
    take: () => {
      const counted = countLockAlert(hour, now);
      hour = counted.hour;
      return counted.sendNow;
    },
  };
}

/** When the held alerts are due as one digest; null where none is held. */
export function digestDueAt(hour: AlertHour | null): Timestamp | null {
  return hour === null || hour.held === 0 ? null : new Date(Date.parse(hour.since) + HOUR_MS).toISOString();
}

/** The digest of what was held, once its hour is over; else null. */
export function createDigest({ alertHour: hour, lock, ref }: BranchState, now: Timestamp): Alert | null {
  if (!isDigestDue(hour, now)) return null;
  const changes = hour.held === 1 ? '1 more change' : `${hour.held} more changes`;
  return {
    event: lock === null ? 'unlocked' : 'locked',
    ref,
    severity: lock === null ? 'info' : 'critical',
    title: `${formatBranchRef(ref)}: ${changes} of the lock since ${hour.since}`,
    description: lock === null ? 'The branch is not locked now.' : `The branch is locked now: ${lock.message}`,
    nextSteps: [
      ...(lock === null ? [] : [lock.nextStep]),
      'Find out who pushes again and again: the audit trail lists every change.',
    ],
  };
}

/** Whether alerts are held whose hour is over. */
export function isDigestDue(hour: AlertHour | null, now: Timestamp): hour is AlertHour {
  return hour !== null && hour.held > 0 && isOver(hour, now);
}

function isOver(hour: AlertHour, now: Timestamp): boolean {
  const age = Date.parse(now) - Date.parse(hour.since);
  // An hour that starts ahead was begun by a clock that was wrong, and would hold alerts back until then.
  return age >= HOUR_MS || age < 0;
}
