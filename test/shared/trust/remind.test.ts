import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Alert } from '../../../shared/model/alert.ts';
import type { BranchState } from '../../../shared/model/branch-state.ts';
import { mintTrustedRevision } from '../../../shared/model/trusted-revision.ts';
import { isSettled } from '../../../shared/trust/is-settled.ts';
import { NO_EVIDENCE } from '../../../shared/trust/list-evidence.ts';
import { nextState, type Observation } from '../../../shared/trust/next-state.ts';
import { isReminderDue } from '../../../shared/trust/remind.ts';
import { createBranchState } from '../../support/branch-states.ts';
import { createBranchPolicy } from '../../support/policies.ts';
import { SEED } from '../../support/seed.ts';
import { oidNamed } from '../../support/small-history.ts';

const START = Date.parse('2026-11-21T10:00:00.000Z');
const [HOUR, DAY, WEEK] = [60, 24 * 60, 7 * 24 * 60];
const SWEEP = 5;
const at = (minutes: number) => new Date(START + minutes * 60_000).toISOString();
const tip = oidNamed('T');

const good: Observation = {
  kind: 'decided',
  tip,
  decision: { advance: mintTrustedRevision(tip), offence: null, evidence: NO_EVIDENCE, recheckAt: null },
  isWhole: true,
};
const bad = (name: string): Observation => ({
  kind: 'decided',
  tip: oidNamed(name),
  decision: {
    ...{ advance: null, evidence: NO_EVIDENCE, recheckAt: null },
    offence: { commit: oidNamed(name), reason: 'unsigned', message: 'It is unsigned.', nextStep: 'Sign it.' },
  },
  isWhole: true,
});
const away: Observation = { kind: 'unreachable', cause: 'timeout', message: 'The forge does not answer.' };
const COMPROMISE = { keys: ['SHA256:x'], message: 'A key is compromised.', nextStep: 'Read it.', since: at(0) };

const first = createBranchState({ version: 1, policyVersion: 1, sequence: 1, trusted: mintTrustedRevision(tip) });

interface Look {
  readonly state: BranchState;
  readonly alerts: readonly Alert[];
}

function look(state: BranchState, observation: Observation, minutes: number, enforcement?: 'report'): Look {
  const branch = createBranchPolicy({ anchor: tip, ...(enforcement && { enforcement }) });
  const next = nextState(state, observation, {
    ...{ policyVersion: 1, branch, now: at(minutes), lagSeconds: 120, tellsForge: false },
  });
  if (next === null) return { state, alerts: [] };
  const alerts = next.due.flatMap((due) => (due.kind === 'alert' ? [due.alert] : []));
  return { state: { ...next, version: state.version + 2, due: [] }, alerts };
}

/** Sweeps for so long, deciding only where the sweep would. @returns the minutes of reminders */
function remindersWithin(state: BranchState, observation: Observation, minutes: number): readonly number[] {
  let current = state;
  const reminded: number[] = [];
  for (let minute = SWEEP; minute <= minutes; minute += SWEEP) {
    if (observation.kind !== 'unreachable' && !isReminderDue(current, at(minute))) continue;
    const { state: next, alerts } = look(current, observation, minute);
    if (alerts.some(({ title }) => title.includes('still'))) reminded.push(minute);
    current = next;
  }
  return reminded;
}

describe('reminders of what stays wrong (trust rule 5.5)', () => {
  const expected = [HOUR, 4 * HOUR, DAY, 2 * DAY, 4 * DAY, WEEK, 2 * WEEK, 3 * WEEK, 4 * WEEK];

  it('of a lock come after an hour, four, a day, two, four, a week, and then every week', () => {
    const { state, alerts } = look(first, bad('B'), 0);
    expect(alerts.map(({ event }) => event)).toEqual(['locked']);
    expect(remindersWithin(state, bad('B'), 4 * WEEK + DAY)).toEqual(expected);
  });

  it('of a compromise likewise, with what to do', () => {
    const { state } = look({ ...first, compromise: COMPROMISE }, good, 0);
    expect(remindersWithin(state, good, 4 * WEEK + DAY)).toEqual(expected);
    const { alerts } = look(state, good, HOUR);
    expect(alerts).toMatchObject([
      { event: 'compromised', severity: 'critical', nextSteps: ['Read it.', expect.stringContaining('status')] },
    ]);
    expect(alerts[0]?.title).toBe('payments@main is still compromised after 1 hour');
  });

  it('of a forge that is away are counted from the alert of it', () => {
    const { state } = look(first, away, 0);
    expect(remindersWithin(state, away, DAY + HOUR)).toEqual([15 + HOUR, 15 + 4 * HOUR, 15 + DAY]);
  });

  it('of a forge that is away end with one alert when it is back, where people were told that it is away', () => {
    const { state } = look(first, away, 0);
    expect(look(state, good, 10).alerts).toEqual([]);
    const told = look(state, away, 15);
    expect(told.alerts.map(({ title }) => title)).toEqual(['payments@main unreachable']);
    expect(look(told.state, good, 20).alerts).toMatchObject([
      { event: 'unreachable', severity: 'info', title: 'payments@main reachable again' },
    ]);
  });

  it('do not wait for the forge', () => {
    const { state } = look(first, bad('B'), 0);
    expect(look(state, away, HOUR).alerts).toMatchObject([{ event: 'locked', severity: 'warning' }]);
  });

  it('are not put off by a lock that moves from commit to commit, and not sent beside the alert of one', () => {
    const { state } = look(first, bad('B'), 0);
    const moved = look(state, bad('C'), HOUR - 1);
    expect(look(moved.state, bad('C'), HOUR).alerts.map(({ title }) => title)).toEqual([
      'payments@main is still locked after 1 hour',
    ]);
    expect(look(state, bad('C'), HOUR).alerts.map(({ title }) => title)).toEqual(['payments@main locked: unsigned']);
  });

  it('of a dry run are for information', () => {
    const { state } = look(first, bad('B'), 0, 'report');
    expect(look(state, bad('B'), HOUR, 'report').alerts).toMatchObject([{ event: 'locked', severity: 'info' }]);
  });

  it('end with one alert when the branch is unlocked, and begin anew with the next lock', () => {
    const { state } = look(first, bad('B'), 0);
    const unlocked = look(state, good, 2 * HOUR);
    expect(unlocked.alerts.map(({ event }) => event)).toEqual(['unlocked']);
    expect(remindersWithin(unlocked.state, good, WEEK)).toEqual([]);
    const again = look(unlocked.state, bad('C'), 3 * HOUR);
    expect(isReminderDue(again.state, at(4 * HOUR - 1))).toBe(false);
    expect(isReminderDue(again.state, at(4 * HOUR))).toBe(true);
  });

  it('are one where a sweep was away for weeks', () => {
    const { state } = look(first, bad('B'), 0);
    const late = look(state, bad('B'), 5 * WEEK);
    expect(late.alerts).toHaveLength(1);
    expect(isReminderDue(late.state, at(5 * WEEK + 1))).toBe(false);
  });

  it('are neither lost nor repeated by a clock that was a year ahead', () => {
    const { state } = look(first, bad('B'), 0);
    const ahead = look(state, bad('B'), 52 * WEEK);
    const back = look(ahead.state, bad('B'), DAY + 1);
    expect(back.alerts).toEqual([]);
    expect(look(back.state, bad('B'), 2 * DAY).alerts).toHaveLength(1);
  });

  it('in random histories are as many as time allows, and never two for one moment', () => {
    const step = fc.record({
      minutes: fc.constantFrom(0, 1, 5, 30, 60, 300, DAY, 3 * DAY, 2 * WEEK),
      what: fc.constantFrom(good, bad('B'), bad('C'), away),
    });
    const met = { reminders: 0, unlocks: 0 };
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        let [state, minute, since, reminders] = [first, 0, 0, 0];
        for (const { minutes, what } of steps) {
          minute += minutes;
          const former = state;
          const found = look(state, what, minute);
          const sent = found.alerts.filter(({ title }) => title.includes('still'));
          expect(sent.length).toBeLessThanOrEqual(1);
          const kind = former.reminders?.of;
          if (sent.length > 0) {
            reminders += 1;
            met.reminders += 1;
            // Only of what was wrong before and still is, at least an hour after it began.
            expect(kind).toBe(found.state.reminders?.of);
            expect(minute - since).toBeGreaterThanOrEqual(HOUR);
          }
          if (found.state.reminders?.of !== kind) [since, reminders] = [minute, 0];
          expect(reminders).toBeLessThanOrEqual(6 + Math.floor((minute - since) / WEEK));
          met.unlocks += found.alerts.filter(({ event }) => event === 'unlocked').length;
          // Trust rule 5.5: what was decided leaves nothing due, so that a sweep decides no branch for ever.
          expect(isReminderDue(found.state, at(minute))).toBe(false);
          if (what.kind === 'decided' && found.state.unreachable === null)
            expect(isSettled(found.state, what.tip, 1, at(minute))).toBe(true);
          state = found.state;
        }
      }),
      { seed: SEED, numRuns: 500 },
    );
    expect(met.reminders).toBeGreaterThan(200);
    expect(met.unlocks).toBeGreaterThan(100);
  });
});
