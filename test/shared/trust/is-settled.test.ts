import { describe, expect, it } from 'vitest';
import type { BranchState } from '../../../shared/model/branch-state.ts';
import { isSettled } from '../../../shared/trust/is-settled.ts';
import { createLockedBranchState } from '../../support/branch-states.ts';
import { oidOf } from '../../support/small-history.ts';

const NOW = '2026-11-21T12:00:00.000Z';
const SINCE = '2026-11-21T10:15:00.000Z';
const locked = createLockedBranchState();
const lockedAs = (reason: 'missing_object' | 'branch_deleted' | 'history_rewritten') =>
  locked.lock && { ...locked.lock, reason };

const isSettledAt = (changes: Partial<BranchState>, tip = oidOf('c'), version = 1) =>
  isSettled({ ...locked, ...changes }, tip, version, NOW);

describe('isSettled', () => {
  it('is so of the tip and the policy that were decided, until a time that is due', () => {
    expect(isSettledAt({})).toBe(true);
    expect(isSettledAt({ recheckAt: '2026-11-21T12:00:00.001Z' })).toBe(true);
    expect(isSettledAt({ recheckAt: NOW })).toBe(false);
    expect(isSettledAt({}, oidOf('d'))).toBe(false);
    expect(isSettledAt({}, oidOf('c'), 2)).toBe(false);
    expect(isSettledAt({ tip: null })).toBe(false);
  });

  it.each<[string, Partial<BranchState>]>([
    ['nothing is published', { trusted: null }],
    ['a range is worked in steps', { progress: { policyVersion: 1, judged: 1, digest: '0'.repeat(64), total: 2 } }],
    [
      'the forge was away',
      { unreachable: { cause: 'dns', message: 'It is away.', since: SINCE, attempts: 1, alerted: true } },
    ],
    ['the tip may lag behind', { lagging: { revision: oidOf('c'), since: SINCE } }],
    ['an object was missing', { lock: lockedAs('missing_object') }],
    ['a server says that the branch was rewritten', { lock: lockedAs('history_rewritten') }],
    ['a digest is due', { alertHour: { since: SINCE, sent: 5, held: 1 } }],
    ['an hour of alerts begins ahead', { alertHour: { since: '2099-01-01T00:00:00.000Z', sent: 5, held: 1 } }],
    ['a dry run waits for the tip', { enforcement: 'report', observedTip: null }],
  ])('is not so where %s', (_, changes) => {
    expect(isSettledAt(changes)).toBe(false);
  });

  it('is so of a dry run that observes the tip', () => {
    const observed = { enforcement: 'report', observedTip: { revision: oidOf('c'), enforced: false } } as const;
    expect(isSettledAt(observed)).toBe(true);
    expect(isSettledAt({ ...observed, lock: lockedAs('history_rewritten') })).toBe(true);
  });

  // Trust rule 4.4.
  it('is so of a branch that is gone where it is locked as deleted', () => {
    const gone = { ...locked, tip: null, lock: lockedAs('branch_deleted') };
    expect(isSettled(gone, null, 1, NOW)).toBe(true);
    expect(isSettled({ ...gone, trusted: null }, null, 1, NOW)).toBe(true);
    expect(isSettled(gone, null, 2, NOW)).toBe(false);
    expect(isSettled({ ...gone, alertHour: { since: SINCE, sent: 5, held: 1 } }, null, 1, NOW)).toBe(false);
    expect(isSettled(gone, oidOf('c'), 1, NOW)).toBe(false);
    expect(isSettled(locked, null, 1, NOW)).toBe(false);
    expect(isSettled({ ...locked, tip: null }, null, 1, NOW)).toBe(false);
  });
});
