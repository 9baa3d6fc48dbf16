import { describe, expect, it } from 'vitest';
import type { TagPolicy } from '../../../shared/model/policy.ts';
import { allTagsOf, isAllTags, tagNameOf, tagOfRefName, tagRefOf } from '../../../shared/model/tag-ref.ts';
import { findTagRule, matchesPattern } from '../../../shared/model/tag-rule.ts';

const tags = (...all: readonly (readonly [string, TagPolicy['verify'], TagPolicy['keyTime']])[]): TagPolicy[] =>
  all.map(([pattern, verify, keyTime]) => ({ pattern, verify, keyTime }));

describe('the pattern of tags', () => {
  it.each([
    ['v*', ['v', 'v1', 'v1/rc*'.replace('*', '1')], ['x1', 'av1', '']],
    ['v1', ['v1'], ['v10', 'V1', 'av1']],
    ['*', ['', 'a/b', 'v1'], []],
    ['v*.*', ['v1.0', 'v.', 'v1.2.3'], ['v10', 'a.b']],
    ['a*a', ['aa', 'aba'], ['a']],
    ['*-rc*-*x', ['1-rc2-x', '-rc-x'], ['1-rc2x', '-rc-x-']],
    ['release.*', ['release.1'], ['releaseX1']],
  ])('%s', (pattern, matching, others) => {
    expect(matching.filter((name) => !matchesPattern(pattern, name))).toEqual([]);
    expect(others.filter((name) => matchesPattern(pattern, name))).toEqual([]);
  });

  it('gives the strictest of the rules that match (trust rule 4.9)', () => {
    const all = tags(['*', 'tag', 'ignore'], ['v*', 'tag-and-commit', 'ignore'], ['v1*', 'tag', 'first-seen']);
    expect(findTagRule(all, 'nightly')).toEqual({ verify: 'tag', keyTime: 'ignore' });
    expect(findTagRule(all, 'v2')).toEqual({ verify: 'tag-and-commit', keyTime: 'ignore' });
    expect(findTagRule(all, 'v1.0')).toEqual({ verify: 'tag-and-commit', keyTime: 'first-seen' });
    expect(findTagRule(tags(['v*', 'tag', 'signature']), 'nightly')).toBeNull();
  });
});

describe('the name of a tag', () => {
  it('is told apart from a branch', () => {
    expect(tagNameOf(tagRefOf('shop', 'v1'))).toBe('v1');
    expect(isAllTags(allTagsOf('shop'))).toBe(true);
    expect(isAllTags(tagRefOf('shop', 'v1'))).toBe(false);
    expect(tagOfRefName('refs/tags/rel/v1')).toBe('rel/v1');
    const none = ['refs/heads/v1', 'refs/tags/', 'refs/tags', 'v1', 'refs/tags/a..b', 'refs/tags/-a', 'refs/tags/HEAD'];
    // Queues take no such characters: a hint that names what is left would be refused each time.
    none.push('refs/tags/v\ufffe', 'refs/tags/v\uffff');
    expect(none.map(tagOfRefName)).toEqual(none.map(() => null));
    expect(tagOfRefName(`refs/tags/${'x'.repeat(246)}`)).toBeNull();
    expect(() => tagNameOf({ repository: 'shop', branch: 'main' })).toThrow('no tag');
  });
});
