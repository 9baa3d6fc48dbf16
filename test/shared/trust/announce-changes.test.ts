import { describe, expect, it } from 'vitest';
import type { BranchState, Lock } from '../../../shared/model/branch-state.ts';
import { mintTrustedRevision } from '../../../shared/model/trusted-revision.ts';
import { announceChanges } from '../../../shared/trust/announce-changes.ts';
import { NO_EVIDENCE } from '../../../shared/trust/list-evidence.ts';
import { createBranchState, createLockedBranchState } from '../../support/branch-states.ts';
import { createBranchPolicy } from '../../support/policies.ts';
import { oidOf } from '../../support/small-history.ts';

const contextAt = (now: string, tellsForge = false) => ({ now, branch: createBranchPolicy(), tellsForge });

it.each([
  ['of the branch comes first', '2026-11-21T10:30:00.000Z', '2026-11-21T10:30:00.000Z'],
  ['of the held alerts comes first', '2026-11-21T11:30:00.000Z', '2026-11-21T11:00:00.000Z'],
  ['of the held alerts is the only one', null, '2026-11-21T11:00:00.000Z'],
])('looks again when the time %s (trust rules 3.2, 5.5)', (_, recheckAt, expected) => {
  const alertHour = { since: '2026-11-21T10:00:00.000Z', sent: 5, held: 1 };
  const state = createLockedBranchState({ alertHour, recheckAt });
  const now = '2026-11-21T10:15:00.000Z';
  const announced = announceChanges(state, state, contextAt(now), NO_EVIDENCE);
  expect(announced.recheckAt).toBe(expected);
});

it('tells of a lock that is mended, and of a compromise that stays (trust rules 3.3, 5.5)', () => {
  const now = '2026-11-21T12:15:00.000Z';
  const compromise = { keys: ['SHA256:lost'], message: 'It is lost.', nextStep: 'Look.', since: now };
  const mended = (changes: object) => {
    const before = createLockedBranchState(changes);
    return announceChanges(before, { ...before, lock: null }, contextAt(now), NO_EVIDENCE).due;
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

describe('the forge', () => {
  const now = '2026-11-21T12:15:00.000Z';
  const locked = createLockedBranchState();
  const told = (before: BranchState, changes: Partial<BranchState>, tellsForge = true) =>
    announceChanges(before, { ...before, ...changes }, contextAt(now, tellsForge), NO_EVIDENCE).due.flatMap((due) =>
      due.kind === 'status' ? [due.commit] : [],
    );
  const tip = (letter: string) => ({ tip: { revision: oidOf(letter), seenAt: now } });
  const advanced = { ...tip('c'), trusted: mintTrustedRevision(oidOf('c')), sequence: 2, lock: null };

  it('is told of what is published, and of a tip that locks', () => {
    expect(told(locked, advanced)).toEqual([oidOf('c')]);
    const trusted = { ...locked, ...advanced };
    expect(told(trusted, { ...tip('d'), lock: { ...(locked.lock as Lock), commit: oidOf('d') } })).toEqual([
      oidOf('d'),
    ]);
    expect(told(createBranchState({ policyVersion: 1 }), { ...advanced, sequence: 1 })).toEqual([oidOf('c')]);
  });

  it('is told of both where a push has both, after the alerts (rule 5.5)', () => {
    const lock = { ...(locked.lock as Lock), commit: oidOf('e') };
    const changes = { ...tip('e'), trusted: mintTrustedRevision(oidOf('d')), sequence: 2, lock };
    const { due } = announceChanges(locked, { ...locked, ...changes }, contextAt(now, true), NO_EVIDENCE);
    expect(due.map(({ kind }) => kind)).toEqual(['revision', 'event', 'alert', 'event', 'alert', 'status', 'status']);
    expect(new Set(due.map(({ id }) => id)).size).toBe(due.length);
    expect(due.slice(-2)).toMatchObject([{ commit: oidOf('e') }, { commit: oidOf('d') }]);
  });

  it('is told nothing twice, and nothing where the policy does not ask for it', () => {
    expect(told(locked, {})).toEqual([]);
    expect(told(locked, { lock: { ...(locked.lock as Lock), message: 'Said otherwise.' } })).toEqual([]);
    expect(told(locked, advanced, false)).toEqual([]);
    expect(told({ ...locked, ...advanced }, { tip: null, lock: { ...(locked.lock as Lock), commit: null } })).toEqual(
      [],
    );
  });

  it('is told all anew under a new policy, and after an operator acted', () => {
    expect(told(locked, { policyVersion: 2 })).toEqual([oidOf('c'), oidOf('b')]);
    const cleared = createLockedBranchState({ tip: null, lock: null, sequence: 2 });
    expect(told(cleared, tip('b'))).toEqual([oidOf('b')]);
    expect(told(cleared, {})).toEqual([]);
  });

  it('is told of another reason, of a compromise, and of the end of a dry run', () => {
    expect(told(locked, { lock: { ...(locked.lock as Lock), reason: 'invalid' } })).toEqual([oidOf('c')]);
    const compromise = { keys: ['SHA256:lost'], message: 'It is lost.', nextStep: 'Look.', since: now };
    expect(told(locked, { compromise })).toEqual([oidOf('b')]);
    expect(told({ ...locked, enforcement: 'report' }, { enforcement: 'enforce' })).toEqual([oidOf('c')]);
  });
});
