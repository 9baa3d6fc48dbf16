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
