import { describe, expect, it } from 'vitest';
import { mintTrustedRevision } from '../../../shared/model/trusted-revision.ts';
import { historyRewritten } from '../../../shared/trust/offence.ts';
import { createBranchState } from '../../support/branch-states.ts';
import { oidOf } from '../../support/small-history.ts';

describe('a tip that does not descend from what is trusted (trust rule 4.4)', () => {
  it('offers to restore the trusted revision, or to accept the tip', () => {
    const state = createBranchState({ sequence: 4, trusted: mintTrustedRevision(oidOf('b')) });
    expect(historyRewritten(state, oidOf('c'))).toMatchObject({
      ...{ commit: oidOf('c'), reason: 'history_rewritten' },
      nextStep: expect.stringMatching(
        /git push --force origin b{40}:refs\/heads\/main.*unlock payments main .*--to c{40}/,
      ),
    });
  });

  it('doubts the anchor before anything is trusted, and has nothing forced to it', () => {
    const { message, nextStep } = historyRewritten(createBranchState(), oidOf('c'));
    expect(message).toContain(`the anchor ${oidOf('a')}, or the repository lacks that commit`);
    expect(nextStep).toMatch(/correct `anchor:` in `headlock.yaml`.*unlock payments main --sequence 0 --to COMMIT/);
    expect(nextStep).not.toContain('--force');
  });
});
