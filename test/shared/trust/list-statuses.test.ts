import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Lock } from '../../../shared/model/branch-state.ts';
import { listStatuses } from '../../../shared/trust/list-statuses.ts';
import { createBranchState, createLockedBranchState } from '../../support/branch-states.ts';
import { oidOf } from '../../support/small-history.ts';

const lock = createLockedBranchState().lock as Lock;
const compromise = { keys: ['SHA256:lost'], message: 'It is lost.', nextStep: 'Look.', since: lock.since };
const described = (state: Parameters<typeof listStatuses>[0]) =>
  listStatuses(state).map(({ description }) => description);

describe('listStatuses', () => {
  it('shows the published revision as trusted', () => {
    const state = createLockedBranchState({ lock: null });
    expect(listStatuses(state)).toEqual([
      { commit: oidOf('b'), state: 'success', description: 'Trusted and published (sequence 1).' },
    ]);
  });

  it('shows a tip that locks with the reason, the offending commit and what to do', () => {
    const state = createLockedBranchState({ lock: { ...lock, commit: oidOf('d') } });
    expect(listStatuses(state)).toEqual([
      {
        commit: oidOf('c'),
        state: 'failure',
        description: 'Locked: unsigned at dddddddddddd. Sign it, or drop it from the branch.',
      },
      { commit: oidOf('b'), state: 'success', description: 'Trusted and published (sequence 1).' },
    ]);
  });

  it('shows no failure in a dry run (rule 4.6)', () => {
    const state = createLockedBranchState({ enforcement: 'report', compromise });
    expect(listStatuses(state).map((status) => status.state)).toEqual(['success', 'success']);
    expect(described(state)[1]).toMatch(/^Dry run\. Compromised/);
    expect(described(state)[0]).toMatch(/^Dry run\. Locked: unsigned at cccccccccccc\. Sign it/);
  });

  it('shows a published revision that rests on a compromised key as failed (rule 3.3)', () => {
    expect(listStatuses(createLockedBranchState({ lock: null, compromise }))).toEqual([
      {
        commit: oidOf('b'),
        state: 'failure',
        description: 'Compromised: it rests on a key that is void. See `headlock status payments main`.',
      },
      {
        commit: oidOf('c'),
        state: 'failure',
        description: 'Held back: what is published rests on a key that is void. See `headlock status payments main`.',
      },
    ]);
    expect(listStatuses(createLockedBranchState({ compromise }))).toMatchObject([
      { commit: oidOf('c'), description: expect.stringContaining('unsigned') },
      { commit: oidOf('b'), state: 'failure' },
    ]);
  });

  it('shows nothing before anything is decided, and nothing of a tip that is gone', () => {
    expect(listStatuses(createBranchState())).toEqual([]);
    expect(listStatuses(createLockedBranchState({ tip: null }))).toHaveLength(1);
  });

  it.each([
    ['its first sentence', `Run \`git fsck\` on the server. ${'x'.repeat(100)}`, 'Run `git fsck` on the server. …'],
    [
      'what comes first of it',
      'Sign it: `git commit --amend -S` for the newest commit, `git rebase --force-rebase -S COMMIT~` from an older one on; then `git push --force-with-lease`.',
      'Sign it: `git commit --amend -S` for the newest commit, …',
    ],
    [
      'where to look, and no half of a command',
      `Run \`tidy a, b; ${'x'.repeat(200)}\``,
      'See `headlock status payments main`.',
    ],
    ['where to look', 'x'.repeat(200), 'See `headlock status payments main`.'],
  ])('says %s where the whole next step is too long', (_, nextStep, said) => {
    const state = createLockedBranchState({ lock: { ...lock, nextStep } });
    expect(described(state)[0]).toBe(`Locked: unsigned at cccccccccccc. ${said}`);
  });

  it('keeps within what GitHub takes, in plain text, and never repeats what a committer claims (rule 5.2)', () => {
    const text = fc.string({ unit: 'binary', maxLength: 200 });
    const name = fc.integer({ min: 1, max: 200 }).map((length) => 'x'.repeat(length));
    fc.assert(
      fc.property(text, name, name, fc.boolean(), (nextStep, repository, branch, isReport) => {
        const message = 'cccc… by https://evil.example/ is unsigned.';
        const changes = { ref: { repository, branch }, lock: { ...lock, nextStep, message }, compromise };
        for (const said of described(
          createLockedBranchState({ ...changes, enforcement: isReport ? 'report' : 'enforce' }),
        )) {
          expect([...said].length).toBeLessThanOrEqual(140);
          expect(said).toMatch(/^[\p{L}\p{M}\p{N}\p{P}\p{S} ]+$/u);
          expect(said).not.toContain('evil.example');
        }
      }),
    );
  });
});
