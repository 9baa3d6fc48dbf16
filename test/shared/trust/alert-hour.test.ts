import { describe, expect, it } from 'vitest';
import { createDigest } from '../../../shared/trust/alert-hour.ts';
import { createBranchState, createLockedBranchState } from '../../support/branch-states.ts';

const since = '2026-11-21T10:00:00.000Z';
const anHourLater = '2026-11-21T11:00:00.000Z';

describe('createDigest (trust rule 5.5)', () => {
  it('tells as critical how a branch stands that is locked, and what to do', () => {
    const digest = createDigest(createLockedBranchState({ alertHour: { since, sent: 5, held: 3 } }), anHourLater);
    expect(digest).toMatchObject({ event: 'locked', severity: 'critical' });
    expect(digest?.title).toContain('3 more changes of the lock');
    expect(digest?.description).toContain('carries no signature');
    expect(digest?.nextSteps).toHaveLength(2);
    expect(digest?.nextSteps[0]).toBe('Sign it, or drop it from the branch.');
  });

  it('tells that a branch is not locked any more', () => {
    const digest = createDigest(createBranchState({ alertHour: { since, sent: 5, held: 1 } }), anHourLater);
    expect(digest).toMatchObject({ event: 'unlocked', severity: 'info', description: 'The branch is not locked now.' });
    expect(digest?.title).toContain('1 more change of the lock');
    expect(digest?.nextSteps).toHaveLength(1);
  });

  it('waits until the hour is over, and is none where nothing is held', () => {
    expect(createDigest(createBranchState({ alertHour: { since, sent: 5, held: 1 } }), since)).toBeNull();
    expect(createDigest(createBranchState({ alertHour: { since, sent: 5, held: 0 } }), anHourLater)).toBeNull();
    expect(createDigest(createBranchState({ alertHour: null }), anHourLater)).toBeNull();
  });
});
