import { createJudge, createSigners, type Step, type Steps } from './signed-history.ts';
import type { Area, Workshop } from './workshop.ts';

const UNAUTHORIZED = 'locked at T on A: not_authorized';

/** Trust rule 3.5: Bob is the forge. */
export async function makeForgeKeys(workshop: Workshop): Promise<Area> {
  const area = workshop.area();
  const signers = await createSigners();
  const judge = createJudge(area, signers);
  const [alice = { name: '' }, bob = { name: '' }] = signers.signatories;
  const limited = (limit: 'merges' | 'up-to-date-merges') => ({ policy: { signatories: [alice, { ...bob, limit }] } });
  const [ours, theirs, free] = ['a', 'b', 'c'].map((digit) => ({ tree: digit.repeat(40) }));
  const merge = (more: Partial<Step>, from: readonly string[] = ['A']): Steps => ({
    A: { of: ['T'], ...ours },
    S: { of: from, ...theirs },
    M: { of: ['A', 'S'], by: 'bob', ...more },
  });
  const refused = 'locked at A on M: not_authorized';
  const row = 'forge-signed merge with a free tree';
  await judge('up-to-date-merges: the tree of the side', '3.5', merge({ ...theirs }), {
    ...limited('up-to-date-merges'),
    expect: { all: 'trusted M', 'first-parent': refused, head: refused },
  });
  await judge('up-to-date-merges: a free tree', '3.5', merge({ ...free }), {
    ...limited('up-to-date-merges'),
    row,
    expect: refused,
  });
  await judge('up-to-date-merges: a side that lacks the branch', '3.5', merge({ ...theirs }, ['T']), {
    ...limited('up-to-date-merges'),
    row,
    expect: refused,
  });
  await judge('up-to-date-merges: a side thrown away', '3.5', merge({ ...ours }), {
    ...limited('up-to-date-merges'),
    row,
    expect: refused,
  });
  await judge(
    'up-to-date-merges: an unsigned side',
    ['3.5', '4.1'],
    { ...merge({ ...theirs }), S: { of: ['A'], by: null, ...theirs } },
    {
      ...limited('up-to-date-merges'),
      expect: { all: 'locked at A on S: unsigned', 'first-parent': refused, head: refused },
    },
  );
  await judge('merges: a free tree', '3.5', merge({ ...free }), { ...limited('merges'), expect: 'trusted M' });
  for (const limit of ['merges', 'up-to-date-merges'] as const) {
    await judge(
      `${limit}: no merge`,
      '3.5',
      { A: { of: ['T'], by: 'bob' } },
      { ...limited(limit), expect: UNAUTHORIZED },
    );
    await judge(
      `${limit}: one parent named twice`,
      '3.5',
      { A: { of: ['T', 'T'], by: 'bob' } },
      { ...limited(limit), expect: UNAUTHORIZED },
    );
  }
  await judge('a forge key that is not listed', '3.5', merge({ ...theirs }), {
    policy: { signatories: [alice] },
    expect: 'locked at A on M: unknown_key',
  });
  await signers.cleanup();
  return area;
}
