import { describe, expect, it } from 'vitest';
import { renderStatusPage } from '../../../../infra/local/runtime/status-page.ts';
import { createBranchState, createLockedBranchState } from '../../../support/branch-states.ts';
import { oidOf } from '../../../support/small-history.ts';

describe('renderStatusPage', () => {
  it('shows each branch with state, revision, sequence and reason, and what to do', () => {
    const page = renderStatusPage({ branches: [createLockedBranchState(), createBranchState()], cloneUrls: [] });
    for (const text of [
      'Locked',
      oidOf('b'),
      '<td>1<td>',
      '<b>unsigned</b>',
      'Sign it, or drop it',
      'Pending',
      '<td>0<td>',
    ]) {
      expect(page).toContain(text);
    }
  });

  it('shows a compromise before a lock', () => {
    const compromise = {
      keys: [],
      message: 'A key is lost.',
      nextStep: 'Look <hard>.',
      since: '2026-11-21T11:00:00.000Z',
    };
    const page = renderStatusPage({ branches: [createLockedBranchState({ compromise })], cloneUrls: [] });
    expect(page).toContain('<td class="Compromised">Compromised');
    expect(page).toContain('A key is lost.<br>Look &#60;hard&#62;.');
    expect(page).not.toContain('unsigned');
  });

  it('says how to clone the playground', () => {
    const cloneUrls = ['http://127.0.0.1:4400/playground/demo.git'];
    expect(renderStatusPage({ branches: [], cloneUrls })).toContain(
      'git clone http://127.0.0.1:4400/playground/demo.git',
    );
  });

  it('takes nothing that a committer claims for HTML', () => {
    const { lock, ...state } = createLockedBranchState();
    if (lock === null) throw new Error('The branch is not locked.');
    const claim = `<script>alert("1")</script>'&amp;`;
    const branches = [{ ...state, lock: { ...lock, message: claim, nextStep: claim } }];
    const page = renderStatusPage({ branches, cloneUrls: [] });
    expect(page).not.toContain('<script');
    expect(page.split('&#60;script&#62;alert(&#34;1&#34;)&#60;/script&#62;&#39;&#38;amp;')).toHaveLength(3);
  });

  it('loads nothing', () => {
    expect(renderStatusPage({ branches: [], cloneUrls: [] })).not.toMatch(/src=|href=|@import|url\(/);
  });
});
