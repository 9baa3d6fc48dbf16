import { describe, expect, it } from 'vitest';
import type { Due } from '../../../shared/model/branch-state.ts';
import { allTagsOf } from '../../../shared/model/tag-ref.ts';
import { createAlertBudget } from '../../../shared/trust/alert-hour.ts';
import { announceGuardedTags, announceTag } from '../../../shared/trust/announce-tag.ts';
import { createGuardedTags } from '../../../shared/trust/apply-tags.ts';
import { NO_EVIDENCE } from '../../../shared/trust/list-evidence.ts';
import { lockOn } from '../../../shared/trust/next-state.ts';
import { tooManyTags } from '../../../shared/trust/tag-offence.ts';
import { oidOf } from '../../support/small-history.ts';
import { createNewTagState, createTrustedTagState } from '../../support/tag-states.ts';

const now = '2026-11-21T12:00:00.000Z';
const budgets = { usual: createAlertBudget(null, now), urgent: createAlertBudget(null, now) };

describe('what is recorded of tags (trust rules 2.7, 5.4)', () => {
  it('names what an operator vouched for, where a tag rests on that', () => {
    const [before, after] = [createNewTagState('shop', 'v1'), createTrustedTagState('shop', 'v1')];
    const accepted = [{ commit: oidOf('d'), reason: 'Checked by hand' }];
    const [event, alert] = announceTag(before, after, now, budgets, { ...NO_EVIDENCE, accepted }).due;
    expect(event).toMatchObject({ event: { details: { accepted: `${oidOf('d')}: Checked by hand` } } });
    expect(alert).toMatchObject({ alert: { description: expect.stringContaining('accepts by name') } });
    const [proven] = announceTag(before, after, now, budgets, NO_EVIDENCE).due;
    expect(proven).toMatchObject({ event: { details: { revision: oidOf('b'), object: oidOf('d') } } });
    expect(JSON.stringify(proven)).not.toContain('accept');
  });

  it('tells that the limit is no longer exceeded', () => {
    const change = { ...{ policyVersion: 1, actor: 'ana', now }, ...{ url: null, exceptions: {} } };
    const free = { ...createGuardedTags(allTagsOf('shop'), change), due: [] };
    const full = { ...free, lock: lockOn(tooManyTags(3, 2), free, now) };
    const kindsOf = (due: readonly Due[]) => due.map((each) => (each.kind === 'event' ? each.event.kind : each.kind));
    expect(kindsOf(announceGuardedTags(free, full, now).due)).toEqual(['locked', 'alert']);
    expect(announceGuardedTags(full, full, now).due).toEqual([]);
    expect(kindsOf(announceGuardedTags(full, free, now).due)).toEqual(['unlocked']);
  });
});
