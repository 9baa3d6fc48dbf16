import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HeadlockError } from '../../../shared/model/headlock-error.ts';
import { formatDecisionHint, parseDecisionHint } from '../../../shared/queue/decision-hint.ts';

const VALID = { repository: 'payments', branch: 'main', delivery: '1' };

describe('parseDecisionHint', () => {
  it('reads what was written', () => {
    const hint = { ref: { repository: 'payments', branch: 'main' }, delivery: 'sweep:2026-11-21' };
    expect(parseDecisionHint(formatDecisionHint(hint))).toEqual(hint);
  });

  it('reads when a delivery came, and leaves out what is no time: nothing rests on it', () => {
    const hint = { ref: { repository: 'payments', branch: 'main' }, delivery: 'push:1' };
    const receivedAt = '2026-11-21T10:15:00.000Z';
    expect(parseDecisionHint(formatDecisionHint({ ...hint, receivedAt }))).toEqual({ ...hint, receivedAt });
    for (const other of ['soon', 7, null, {}])
      expect(parseDecisionHint(JSON.stringify({ ...VALID, receivedAt: other }))).toEqual({ ...hint, delivery: '1' });
  });

  it.each([
    ['no JSON', '{"repository":"payments'],
    ['no object', '"payments"'],
    ['null', 'null'],
    ['a repository that is no name', JSON.stringify({ ...VALID, repository: 'a:b' })],
    ['a branch that is no name', JSON.stringify({ ...VALID, branch: '../main' })],
    ['a delivery that is no text', JSON.stringify({ ...VALID, delivery: 7 })],
  ])('refuses %s, without quoting it', (_, body) => {
    expect(() => parseDecisionHint(body)).toThrow(
      expect.objectContaining({ code: 'malformed_hint', cause: undefined }),
    );
  });

  it('throws nothing but its own error, whatever the message holds', async () => {
    const bodies = fc.oneof(
      fc.string(),
      fc.json(),
      fc
        .record({ repository: fc.jsonValue(), branch: fc.jsonValue(), delivery: fc.jsonValue() })
        .map((value) => JSON.stringify(value)),
    );
    await fc.assert(
      fc.property(bodies, (body) => {
        try {
          const { ref, delivery } = parseDecisionHint(body);
          expect([ref.repository, ref.branch, delivery].every((part) => typeof part === 'string')).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(HeadlockError);
        }
      }),
    );
  });
});
