import { createJudge, createSigners, type Step } from './signed-history.ts';
import { type Area, SIGNED, type Workshop } from './workshop.ts';

const DAY = 86_400;
const ON_MAIN = 'trusted M';

/** Trust rules 1.6 and 4.1 to 4.5, 4.7: which commits must verify, how far a branch advances and on what it locks. */
export async function makeHistory(workshop: Workshop): Promise<Area> {
  const area = workshop.area();
  const signers = await createSigners();
  const { build, signatories } = signers;
  const policy = { signatories };
  const decide = createJudge(area, signers);
  const unsigned = (of: readonly string[], more: Partial<Step> = {}): Step => ({ of, by: null, ...more });
  const signed = (of: readonly string[], more: Partial<Step> = {}): Step => ({ of, ...more });

  await decide('one signed commit', ['4.1', '4.2'], { A: signed(['T']) }, { expect: 'trusted A' });
  await decide('nothing new', '4.2', {}, { expect: 'trusted T', tip: 'T' });
  await decide('an unsigned commit', ['4.3', '2.6'], { A: unsigned(['T']) }, { expect: 'locked at T on A: unsigned' });
  await decide(
    'a good commit under a bad one under a good one',
    ['4.2', '4.3'],
    { A: signed(['T']), B: unsigned(['A']), C: signed(['B']) },
    {
      expect: modes('locked at A on B: unsigned', 'locked at A on B: unsigned', 'trusted C'),
    },
  );
  const side = { row: 'unsigned commit on a merged side branch' };
  await decide(
    'an unsigned commit on a merged side branch',
    ['4.1', '4.3'],
    { A: signed(['T']), U: unsigned(['T']), M: signed(['A', 'U']) },
    {
      ...side,
      expect: modes('locked at A on U: unsigned', ON_MAIN, ON_MAIN),
    },
  );
  await decide(
    'an unsigned commit deep in a merged side branch',
    '4.1',
    { A: signed(['T']), U: unsigned(['T']), V: signed(['U']), W: signed(['V']), M: signed(['A', 'W']) },
    {
      ...side,
      expect: modes('locked at A on U: unsigned', ON_MAIN, ON_MAIN),
    },
  );
  await decide(
    'a signed side branch',
    '4.1',
    { A: signed(['T']), S: signed(['T'], { by: 'bob' }), M: signed(['A', 'S']) },
    { expect: ON_MAIN },
  );
  await decide(
    'an unsigned merge of signed commits',
    '4.1',
    { A: signed(['T']), S: signed(['T']), M: unsigned(['A', 'S']) },
    {
      expect: 'locked at A on M: unsigned',
    },
  );
  await decide(
    'two unsigned commits',
    ['4.1', '4.2'],
    { U1: unsigned(['T']), U2: unsigned(['U1']) },
    {
      row: 'unsigned commits in head mode',
      expect: 'locked at T on U1: unsigned',
    },
  );
  await decide(
    'an unsigned tip on an unsigned commit on a signed one',
    ['4.1', '4.3'],
    { A: signed(['T']), U1: unsigned(['A']), U2: unsigned(['U1']) },
    {
      row: 'unsigned commits in head mode',
      expect: 'locked at A on U1: unsigned',
    },
  );

  const clocks = {
    'ordinary clocks': [1, 2, 3, 4],
    'the side long after the branch': [1, 90, 91, 92],
    'the branch before what it descends from': [-4000, 2, 3, 4],
    'the side before what it descends from': [4, -4000, -3999, 5],
    'every clock behind': [-10, -20, -30, -40],
  };
  for (const [name, days] of Object.entries(clocks)) {
    const [a, b, c, m] = days.map((each) => ({ seconds: SIGNED + each * DAY }));
    const row = 'lock point with merges and wrong clocks';
    await decide(
      `the lock point never goes sideways: ${name}`,
      '4.2',
      { A: signed(['T'], a), B: signed(['T'], b), C: unsigned(['B'], c), M: signed(['A', 'C'], m) },
      {
        row,
        expect: modes('locked at A on C: unsigned', ON_MAIN, ON_MAIN),
      },
    );
    await decide(
      `the lock point keeps to first parents: ${name}`,
      '4.2',
      { A: signed(['T'], a), B: signed(['T'], b), C: unsigned(['B'], c), M: signed(['C', 'A'], m) },
      {
        row,
        expect: modes('locked at B on C: unsigned', 'locked at B on C: unsigned', ON_MAIN),
      },
    );
  }

  const tied = {
    A: signed(['T']),
    U: unsigned(['T']),
    V: unsigned(['T']),
    B: signed(['U', 'V']),
    M: signed(['A', 'B']),
  };
  const { id } = await build(area, tied);
  const first = id('U') < id('V') ? 'U' : 'V';
  await decide('two unsigned commits side by side are told apart by id', '4.3', tied, {
    expect: modes(`locked at A on ${first}: unsigned`, ON_MAIN, ON_MAIN),
  });
  await decide(
    'parents are told before children',
    '4.3',
    { A: signed(['T']), U: unsigned(['A'], { by: 'mallory' }), V: unsigned(['U']), W: signed(['V']) },
    {
      expect: modes('locked at A on U: unknown_key', 'locked at A on U: unknown_key', 'trusted W'),
    },
  );
  await decide(
    'a criss-cross of signed merges',
    '4.2',
    { A: signed(['T']), B: signed(['T']), X: signed(['A', 'B']), Y: signed(['B', 'A']), M: signed(['X', 'Y']) },
    { expect: ON_MAIN },
  );
  await decide(
    'an octopus with one unsigned arm',
    '4.1',
    { A: signed(['T']), B: signed(['T']), U: unsigned(['T']), M: signed(['A', 'B', 'U']) },
    {
      expect: modes('locked at A on U: unsigned', ON_MAIN, ON_MAIN),
    },
  );
  await decide(
    'another history merged in',
    '4.5',
    { A: signed(['T']), R: signed([]), M: signed(['A', 'R']) },
    {
      expect: modes('locked at A on R: unrelated_history', ON_MAIN, ON_MAIN),
    },
  );
  await decide(
    'a malformed root merged in',
    ['4.5', '1.2'],
    {
      A: signed(['T']),
      R: signed([], { payload: (text) => text.replace(/^author .*\n/m, '$&$&') }),
      M: signed(['A', 'R']),
    },
    {
      expect: modes('locked at A on R: malformed_commit', ON_MAIN, ON_MAIN),
    },
  );

  const fromX = { anchor: 'X' };
  await decide(
    'a side that was forked before the trusted revision',
    '1.6',
    { X: unsigned(['T']), A: signed(['X']), S: signed(['T']), M: signed(['A', 'S']) },
    { ...fromX, expect: ON_MAIN },
  );
  await decide(
    'a merge of old history',
    '1.6',
    { X: unsigned(['T']), A: signed(['X']), M: signed(['A', 'T']) },
    { ...fromX, expect: ON_MAIN },
  );
  await decide(
    'an unsigned side that was forked before the trusted revision',
    ['1.6', '4.1'],
    { X: unsigned(['T']), A: signed(['X']), U: unsigned(['T']), M: signed(['A', 'U']) },
    {
      ...fromX,
      ...side,
      expect: modes('locked at A on U: unsigned', ON_MAIN, ON_MAIN),
    },
  );
  await decide(
    'malformed commits behind the trusted revision',
    ['1.2', '1.6'],
    {
      O: unsigned(['T'], { payload: (text) => text.replace(/^author .*\n/m, '$&$&') }),
      X: unsigned(['O']),
      S: signed(['O']),
      A: signed(['X']),
      M: signed(['A', 'S']),
    },
    { ...fromX, expect: ON_MAIN },
  );
  await decide(
    'a foxtrot merge',
    '4.4',
    { X: unsigned(['T']), S: signed(['T']), M: signed(['S', 'X']) },
    {
      ...fromX,
      expect: modes(ON_MAIN, 'locked at X on M: history_rewritten', ON_MAIN),
    },
  );
  const rewritten = (tip: string) => ({ ...fromX, tip, expect: `locked at X on ${tip}: history_rewritten` });
  await decide(
    'a push that replaces the trusted revision',
    '4.4',
    { X: unsigned(['T']), S: signed(['T']) },
    rewritten('S'),
  );
  await decide(
    'a push of another history',
    '4.4',
    { X: unsigned(['T']), R: signed([]), S: signed(['R']) },
    rewritten('S'),
  );
  await decide('a tip behind the trusted revision, at both readings', '4.4', { X: unsigned(['T']) }, rewritten('T'));
  await decide(
    'a deleted branch',
    '4.4',
    { A: signed(['T']) },
    {
      tip: null,
      expect: 'locked at T on nothing: branch_deleted',
      'expect-by': { cli: 'unreachable' },
      'not-by': { decision: 'A decision begins with a tip, and there is none.' },
    },
  );

  const bound = (limits: Readonly<Record<string, number>>) => ({
    policy: { ...policy, branches: { main: { limits } } },
  });
  const chain = { A: signed(['T']), B: signed(['A']), C: signed(['B']), D: signed(['C']), E: signed(['D']) };
  await decide('more commits than the limit', '4.7', chain, {
    ...bound({ commits: 3 }),
    expect: 'locked at T on E: limit_exceeded',
  });
  await decide('as many commits as the limit', '4.7', chain, { ...bound({ commits: 6 }), expect: 'trusted E' });
  const long = { A: signed(['T'], { message: 'x'.repeat(3000) }) };
  await decide('a commit larger than the limit', '4.7', long, {
    ...bound({ objectBytes: 2000 }),
    expect: 'locked at T on A: limit_exceeded',
  });
  await decide('a pack larger than the limit', '4.7', chain, {
    ...bound({ packBytes: 500 }),
    expect: 'locked at T on E: limit_exceeded',
  });
  await decide('17 parents', '4.7', { A: signed(Array(17).fill('T')) }, { expect: 'locked at T on A: limit_exceeded' });
  await decide('16 parents', '4.7', { A: signed(Array(16).fill('T')) }, { expect: 'trusted A' });
  await decide(
    '17 parents under a limit that is raised',
    '4.7',
    { A: signed(Array(17).fill('T')) },
    { ...bound({ parents: 17 }), expect: 'trusted A' },
  );
  await signers.cleanup();
  return area;
}

function modes(all: string, firstParent: string, head: string) {
  return { all, 'first-parent': firstParent, head };
}
