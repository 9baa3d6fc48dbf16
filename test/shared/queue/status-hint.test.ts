import { describe, expect, it } from 'vitest';
import { formatStatusHint, parseStatusHint } from '../../../shared/queue/status-hint.ts';
import { oidOf } from '../../support/small-history.ts';

const HINT = { ref: { repository: 'payments', branch: 'release/ünïcode' }, commit: oidOf('c'), delivery: '7:3' };

describe('parseStatusHint', () => {
  it('reads what was written, which is no more than where to look', () => {
    const body = formatStatusHint(HINT);
    expect(parseStatusHint(body)).toEqual(HINT);
    expect(Object.keys(JSON.parse(body))).toEqual(['repository', 'branch', 'commit', 'delivery']);
  });

  it.each([
    ['no JSON', '{"repository":"payments'],
    [
      'a repository that is no name',
      JSON.stringify({ repository: 'a:b', branch: 'main', commit: oidOf('c'), delivery: '1' }),
    ],
    ['no commit', JSON.stringify({ repository: 'payments', branch: 'main', delivery: '1' })],
    [
      'a commit that is no full id',
      JSON.stringify({ repository: 'payments', branch: 'main', commit: 'HEAD', delivery: '1' }),
    ],
  ])('refuses %s, without quoting it', (_, body) => {
    expect(() => parseStatusHint(body)).toThrow(
      expect.objectContaining({ code: 'malformed_hint', message: expect.not.stringContaining('HEAD') }),
    );
  });
});
