import { describe, expect, it } from 'vitest';
import { allTagsOf } from '../../../shared/model/tag-ref.ts';
import type { GuardedTags } from '../../../shared/model/tag-state.ts';
import { applyToGuardedTags, applyToTag, createGuardedTags } from '../../../shared/trust/apply-tags.ts';
import { createNewTagState, createTrustedTagState } from '../../support/tag-states.ts';

const change = {
  policyVersion: 2,
  actor: 'local operator ana',
  now: '2026-11-21T12:00:00.000Z',
  url: null,
  exceptions: {},
};
const kinds = ({ due }: Pick<GuardedTags, 'due'>) =>
  due.map((each) => (each.kind === 'event' ? each.event.kind : each.kind));

describe('a policy and the tags that it guards (trust rules 5.4, 5.6)', () => {
  const first = createGuardedTags(allTagsOf('shop'), { ...change, policyVersion: 1 });

  it('is told once for all of them', () => {
    expect(kinds(first)).toEqual(['created']);
    const changed = applyToGuardedTags({ ...first, due: [] }, true, change);
    expect(changed).toMatchObject({ policyVersion: 2, retired: false });
    expect(kinds(changed)).toEqual(['policy_changed']);
    const retired = applyToGuardedTags({ ...first, due: [] }, false, change);
    expect(retired).toMatchObject({ policyVersion: 2, retired: true });
    expect(kinds(retired)).toEqual(['retired']);
    expect(kinds(applyToGuardedTags({ ...retired, due: [] }, false, change))).toEqual([]);
  });

  it('is told with the URL that it changed (trust rule 5.6)', () => {
    const url = { from: 'https://git.example.com/old.git', to: 'https://git.example.com/new.git' };
    const [told] = applyToGuardedTags({ ...first, due: [] }, true, { ...change, url }).due;
    expect(told).toMatchObject({ event: { details: { formerUrl: url.from, url: url.to } } });
  });

  it('writes those of which nothing is published, whatever changed (trust rule 5.1)', () => {
    const open = createNewTagState('shop', 'v1');
    expect(applyToTag(open, true, change)).toEqual(open);
    expect(applyToTag(createTrustedTagState('shop', 'v1'), true, change)).toBeNull();
    expect(applyToTag({ ...open, retired: true }, false, change)).toBeNull();
  });

  it('retires tags that no pattern matches, and takes them up again', () => {
    const tag = createTrustedTagState('shop', 'v1');
    const retired = applyToTag(tag, false, change);
    expect(retired).toMatchObject({ retired: true, object: tag.object, sequence: 1 });
    const again = retired && applyToTag({ ...retired, due: [] }, true, change);
    expect(again).toMatchObject({ retired: false, object: tag.object, sequence: 1 });
    expect([retired, again].map((state) => state && kinds(state))).toEqual([['retired'], ['policy_changed']]);
  });
});
