import { createHash } from 'node:crypto';
import { createJudge, createSigners } from './signed-history.ts';
import { type Area, changeArmor, type Workshop } from './workshop.ts';

/** Trust rule 2.7: what an operator says of single commits. */
export async function makeExceptions(workshop: Workshop): Promise<Area> {
  const area = workshop.area();
  const signers = await createSigners();
  const { signatories, build } = signers;
  const judge = createJudge(area, signers);
  const accepted = (commit: string) => ({
    policy: { signatories, accepted: [{ commit, reason: 'Reviewed by hand' }] },
  });
  const denied = (commit: string, more: object = {}) => ({
    policy: { signatories, denied: [{ commit, reason: 'Stolen laptop' }], ...more },
  });
  const [unsigned, stranger] = [{ A: { of: ['T'], by: null } }, { A: { of: ['T'], by: 'mallory' } }] as const;
  await judge('an unsigned commit that is accepted', '2.7', unsigned, { ...accepted('A'), expect: 'trusted A' });
  await judge('a commit by a stranger that is accepted', '2.7', stranger, { ...accepted('A'), expect: 'trusted A' });
  await judge(
    'an unsigned commit beside one that is accepted',
    '2.7',
    { ...unsigned, B: { of: ['A'], by: null } },
    {
      ...accepted('A'),
      expect: 'locked at A on B: unsigned',
    },
  );
  await judge(
    'a malformed commit that is accepted',
    '2.7',
    { A: { of: ['T'], payload: (text) => text.replace(/^author .*\n/m, '$&$&') } },
    {
      ...accepted('A'),
      expect: 'locked at T on A: malformed_commit',
    },
  );
  await judge(
    'another history that is accepted',
    ['2.7', '4.5'],
    { R: { of: [] }, M: { of: ['T', 'R'] } },
    {
      ...accepted('R'),
      expect: { all: 'locked at T on R: unrelated_history', 'first-parent': 'trusted M', head: 'trusted M' },
    },
  );
  await judge(
    'a signed commit that is denied',
    ['2.7', '2.6'],
    { A: { of: ['T'] } },
    { ...denied('A'), expect: 'locked at T on A: denied' },
  );
  await judge(
    'a commit that is accepted and denied',
    '2.7',
    { A: { of: ['T'] } },
    {
      ...denied('A', accepted('A').policy),
      expect: 'locked at T on A: denied',
    },
  );

  const history = await build(area, { A: { of: ['T'] } });
  const rewrap = (text: string) => changeArmor(text, (armor) => `${armor}\n `);
  await history.add('B', Buffer.from(rewrap(history.text('A')), 'latin1'));
  const payloadSha256 = createHash('sha256')
    .update(history.text('A').replace(/^gpgsig [\s\S]*?\n(?! )/m, ''))
    .digest('hex');
  const made = "ssh-keygen; B is A with an empty line at the armor's end: the same payload under the same signature.";
  const row = 'denied commit with rewrapped armor';
  const usual = { rule: ['2.7', '1.7'], row, made };
  area.record(history, {
    ...usual,
    name: 'a denied payload, as it was',
    policy: { signatories, denied: [{ payloadSha256, reason: 'Stolen laptop' }] },
    tip: 'A',
    expect: 'locked at T on A: denied',
  });
  area.record(history, {
    ...usual,
    name: 'a denied payload under another id',
    policy: { signatories, denied: [{ payloadSha256, reason: 'Stolen laptop' }] },
    tip: 'B',
    expect: 'locked at T on B: denied',
  });
  area.record(history, {
    ...usual,
    name: 'another id of the payload, and nothing denied',
    policy: { signatories },
    tip: 'B',
    expect: 'trusted B',
  });
  area.record(history, {
    ...usual,
    ...denied('A'),
    name: 'another id of a denied commit that was judged before',
    made: `${made} Of A, which is not sent now, only the handler has the verdict.`,
    earlier: [{ at: '2025-03-01T00:00:00Z', tip: 'A', policy: 'nobody' }],
    tip: 'B',
    expect: 'trusted B',
    'expect-by': { handler: 'locked at T on B: denied' },
  });
  await history.commit('M', { parents: ['B', 'A'] });
  area.record(history, {
    ...usual,
    ...denied('A'),
    name: 'another id of a denied commit that is sent beside it',
    tip: 'M',
    expect: 'locked at T on B: denied',
  });
  await signers.cleanup();
  return area;
}
