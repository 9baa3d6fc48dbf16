import { describe, expect, it } from 'vitest';
import type { SourceUnreachable } from '../../../shared/git/commit-source.ts';
import type { RepositorySource } from '../../../shared/git/ref-source.ts';
import { createRenewingSource } from '../../../shared/sources/renewing-source.ts';
import { oidOf } from '../../support/small-history.ts';

const unreachable = (cause: SourceUnreachable['cause']): SourceUnreachable => ({
  kind: 'unreachable',
  cause,
  message: 'Try again.',
});

/** Answers every question alike, and keeps which were asked. */
function createSource(answer: SourceUnreachable): { source: RepositorySource; asked: string[] } {
  const asked: string[] = [];
  const reply = (question: string) => async () => {
    asked.push(question);
    return answer;
  };
  const source = {
    readTip: reply('readTip'),
    fetchCommits: reply('fetchCommits'),
    listRefs: reply('listRefs'),
    listTags: reply('listTags'),
    fetchTags: reply('fetchTags'),
  };
  return { source, asked };
}

const askAll = (source: RepositorySource) => [
  source.readTip('main'),
  source.fetchCommits({ want: oidOf('a'), have: null }),
  source.listRefs({ withTags: true }),
  source.listTags(),
  source.fetchTags([oidOf('a')]),
];
const QUESTIONS = ['readTip', 'fetchCommits', 'listRefs', 'listTags', 'fetchTags'];

describe('createRenewingSource', () => {
  it('asks a renewed source the same where credentials are refused, and renews once for all questions', async () => {
    const [first, second] = [createSource(unreachable('refused_credentials')), createSource(unreachable('dns'))];
    let renewals = 0;
    const source = createRenewingSource(first.source, async () => {
      renewals += 1;
      return second.source;
    });
    for (const answer of await Promise.all(askAll(source))) expect(answer).toEqual(unreachable('dns'));
    expect(first.asked).toEqual(QUESTIONS);
    expect(second.asked).toEqual(QUESTIONS);
    await Promise.all(askAll(source));
    expect(first.asked).toEqual(QUESTIONS);
    expect(renewals).toBe(1);
  });

  it('renews for no other cause', async () => {
    const first = createSource(unreachable('not_found'));
    const source = createRenewingSource(first.source, () => Promise.reject(new Error('It is renewed.')));
    for (const answer of await Promise.all(askAll(source))) expect(answer).toEqual(unreachable('not_found'));
  });

  it('tells why there is nothing to renew with', async () => {
    const first = createSource(unreachable('refused_credentials'));
    const source = createRenewingSource(first.source, async () => unreachable('rate_limited'));
    for (const answer of await Promise.all(askAll(source))) expect(answer).toEqual(unreachable('rate_limited'));
  });

  it('renews what is refused again no second time', async () => {
    const refused = createSource(unreachable('refused_credentials'));
    let renewals = 0;
    const source = createRenewingSource(refused.source, async () => {
      renewals += 1;
      return refused.source;
    });
    expect(await source.readTip('main')).toEqual(unreachable('refused_credentials'));
    expect(await source.readTip('main')).toEqual(unreachable('refused_credentials'));
    expect(renewals).toBe(1);
  });
});
