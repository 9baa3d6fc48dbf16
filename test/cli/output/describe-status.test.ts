import { describe, expect, it } from 'vitest';
import { describeBranch, describeBranches } from '../../../cli/output/describe-status.ts';
import { createStyle } from '../../../cli/output/style.ts';
import type { BranchState } from '../../../shared/model/branch-state.ts';
import { createBranchState, createLockedBranchState } from '../../support/branch-states.ts';

const NOW = new Date('2026-11-21T12:00:00.000Z');
const style = createStyle(false);
const line = (state: BranchState) => describeBranches([state], NOW, style).split('\n').at(-1);
const since = '2026-11-21T11:00:00.000Z';

describe('the line of a branch', () => {
  it('says that its revision rests on a compromised key, whatever else holds it (trust rule 3.3)', () => {
    const compromise = { keys: ['SHA256:lost'], message: 'A key is lost.', nextStep: 'Look.', since };
    const compromised = createLockedBranchState({ compromise });
    expect(line(compromised)).toMatch(/^payments {4}main {4}Compromised {2}main@sha1:b+… .* A key is lost\.$/);
    const all = describeBranch(compromised, NOW, style);
    expect(all).toMatch(
      /compromised {2}since 2026-11-21T11:00:00.000Z \(1h ago\)\n +A key is lost\.\nnext step {4}Look\./,
    );
    expect(all).toMatch(/locked {7}unsigned since/);
  });

  it('says how to see every check of the commit that locks it', () => {
    const commandOf = (state: BranchState) => /explain {2,}(.*)/.exec(describeBranch(state, NOW, style))?.[1];
    expect(commandOf(createLockedBranchState())).toBe('`headlock explain payments cccccccccccc`');
    const ref = { repository: 'payments', branch: "it's" };
    expect(commandOf(createLockedBranchState({ ref }))).toMatch(/ --branch 'it'\\''s'`$/);
    expect(commandOf(createBranchState())).toBeUndefined();
  });

  it('says how far a long range is (trust rule 4.7)', () => {
    const progress = { policyVersion: 1, judged: 25_000, digest: 'c'.repeat(64), total: 60_000 };
    const working = createBranchState({ progress });
    const text = '25,000 of 60,000 new commits are judged; nothing is published before the last';
    expect(line(working)).toContain(text);
    expect(describeBranch(working, NOW, style)).toContain(`working     ${text}`);
    expect(line(createBranchState())).toContain('nothing is decided yet');
  });
});
