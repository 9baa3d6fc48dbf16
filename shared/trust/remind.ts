import type { Alert, AlertEvent } from '../model/alert.ts';
import { assertNever } from '../model/assert-never.ts';
import { formatBranchRef } from '../model/branch-ref.ts';
import type { BranchState, Reminders, Timestamp } from '../model/branch-state.ts';
import { notAhead } from './clock-steps.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const WEEK_MS = 7 * DAY_MS;

/** After so long people are reminded of a trouble that lasts, counted from its start; after these once a week. */
const INTERVALS_MS = [HOUR_MS, 4 * HOUR_MS, DAY_MS, 2 * DAY_MS, 4 * DAY_MS, WEEK_MS] as const;

type Troubled = Pick<BranchState, 'lock' | 'compromise' | 'unreachable' | 'reminders'>;

/** Whether a decision would remind people, or count the reminders anew. */
export function isReminderDue(state: Troubled, now: Timestamp): boolean {
  const { reminders } = state;
  if (reminders === null) return false;
  return reminders.of !== troubleOf(state) || reminders.since > now || reminders.passed !== countPassed(reminders, now);
}

/**
 * Reminds people of a branch that stays as it is, in growing intervals (trust rule 5.5): one alert however many are due. They
 * are counted from when the trouble began, so that a lock which moves from commit to commit does not put them off.
 * @param state - as it is now, with the reminders of before
 */
export function remind(
  state: BranchState,
  now: Timestamp,
): { readonly reminders: Reminders | null; readonly alert: Alert | null } {
  const of = troubleOf(state);
  if (of === null) return { reminders: null, alert: null };
  const former = state.reminders?.of === of ? state.reminders : null;
  const since = notAhead(former?.since ?? now, now);
  const reminders = { of, since, passed: countPassed({ since }, now) };
  const isDue = former !== null && reminders.passed > former.passed;
  return { reminders, alert: isDue ? createReminder(state, reminders, now) : null };
}

/** The worst of what is wrong; a forge that is away counts once people were told. */
function troubleOf({ lock, compromise, unreachable }: Troubled): Reminders['of'] | null {
  if (compromise !== null) return 'Compromised';
  if (lock !== null) return 'Locked';
  return unreachable?.alerted === true ? 'Unreachable' : null;
}

function countPassed({ since }: Pick<Reminders, 'since'>, now: Timestamp): number {
  const age = Date.parse(now) - Date.parse(since);
  const weeks = Math.max(0, Math.floor(age / WEEK_MS) - 1);
  return INTERVALS_MS.filter((interval) => age >= interval).length + weeks;
}

const EVENTS: Readonly<Record<Reminders['of'], AlertEvent>> = {
  Compromised: 'compromised',
  Locked: 'locked',
  Unreachable: 'unreachable',
};

function createReminder(state: BranchState, { of, since }: Reminders, now: Timestamp): Alert {
  const { ref, enforcement } = state;
  const { message, nextStep } = describeTrouble(state, of);
  const isDryRun = of === 'Locked' && enforcement === 'report';
  return {
    event: EVENTS[of],
    ref,
    severity: of === 'Compromised' ? 'critical' : isDryRun ? 'info' : 'warning',
    title: `${formatBranchRef(ref)} is still ${of.toLowerCase()} after ${sayDuration(Date.parse(now) - Date.parse(since))}`,
    description: `${message}${isDryRun ? ' Enforcement is `report`: this holds nothing back.' : ''}`,
    nextSteps: [nextStep, `See \`headlock status ${ref.repository} ${ref.branch}\`.`],
  };
}

function describeTrouble(
  { lock, compromise, unreachable }: BranchState,
  of: Reminders['of'],
): { readonly message: string; readonly nextStep: string } {
  switch (of) {
    case 'Compromised':
      return compromise ?? NOTHING;
    case 'Locked':
      return lock ?? NOTHING;
    case 'Unreachable':
      return {
        message: unreachable === null ? '' : `The forge cannot be read (${unreachable.cause}): ${unreachable.message}`,
        nextStep: 'Mend the cause; Headlock tries again every few minutes and at every push.',
      };
    default:
      return assertNever(of);
  }
}

const NOTHING = { message: '', nextStep: '' };

function sayDuration(milliseconds: number): string {
  const [count, unit] =
    milliseconds < DAY_MS ? [Math.floor(milliseconds / HOUR_MS), 'hour'] : [Math.floor(milliseconds / DAY_MS), 'day'];
  return count === 1 ? `1 ${unit}` : `${count} ${unit}s`;
}
