import { expect, it } from 'vitest';
import { announceChanges } from '../../../shared/trust/announce-changes.ts';
import { NO_EVIDENCE } from '../../../shared/trust/list-evidence.ts';
import { createLockedBranchState } from '../../support/branch-states.ts';
import { createBranchPolicy } from '../../support/policies.ts';

it.each([
  ['of the branch comes first', '2026-11-21T10:30:00.000Z', '2026-11-21T10:30:00.000Z'],
  ['of the held alerts comes first', '2026-11-21T11:30:00.000Z', '2026-11-21T11:00:00.000Z'],
  ['of the held alerts is the only one', null, '2026-11-21T11:00:00.000Z'],
])('looks again when the time %s (trust rules 3.2, 5.5)', (_, recheckAt, expected) => {
  const alertHour = { since: '2026-11-21T10:00:00.000Z', sent: 5, held: 1 };
  const state = createLockedBranchState({ alertHour, recheckAt });
  const now = '2026-11-21T10:15:00.000Z';
  const announced = announceChanges(state, state, now, createBranchPolicy(), NO_EVIDENCE);
  expect(announced.recheckAt).toBe(expected);
});

it('tells of a lock that is mended, and of a compromise that stays (trust rules 3.3, 5.5)', () => {
  const now = '2026-11-21T12:15:00.000Z';
  const compromise = { keys: ['SHA256:lost'], message: 'It is lost.', nextStep: 'Look.', since: now };
  const mended = (changes: object) => {
    const before = createLockedBranchState(changes);
    return announceChanges(before, { ...before, lock: null }, now, createBranchPolicy(), NO_EVIDENCE).due;
  };
  expect(mended({})).toMatchObject([
    { event: { kind: 'unlocked' } },
    { alert: { event: 'unlocked', severity: 'info', title: 'payments@main unlocked', nextSteps: [] } },
  ]);
  expect(mended({ compromise })).toMatchObject([
    { event: { kind: 'unlocked', message: expect.stringContaining('it is compromised') } },
    { alert: { severity: 'warning', title: expect.stringContaining('still compromised'), nextSteps: ['Look.'] } },
  ]);
});
