import { createHash } from 'node:crypto';
import { parseSshPublicKey } from '../../../shared/signatures/ssh/parse-public-key.ts';
import { createSigners, type Signers, type Step } from './signed-history.ts';
import { type Area, changeArmor, type Workshop } from './workshop.ts';

type Vector = Parameters<Area['record']>[1];
type Steps = Readonly<Record<string, Step>>;
type Judge = (
  name: string,
  rule: string | readonly string[],
  steps: Steps,
  more: Partial<Vector> & Pick<Vector, 'expect'>,
) => Promise<void>;

const UNAUTHORIZED = 'locked at T on A: not_authorized';

/** Trust rules 1.7, 2.7, 3.4 to 3.6, 4.6, 4.8, 5.1: what the policy says beside keys. */
export async function makePolicy(workshop: Workshop): Promise<Area> {
  const area = workshop.area();
  const signers = await createSigners();
  const policy = { signatories: signers.signatories };
  const judge: Judge = async (name, rule, steps, more) => {
    area.record(await signers.build(area, steps), { name, rule, made: 'ssh-keygen.', policy, ...more });
  };
  await makeExceptions(area, signers, judge);
  await makeLimits(signers, judge);
  await makeEmails(signers, judge);
  await makeBranches(signers, judge);
  await makeCompromise(signers, judge);

  await judge(
    'judged under a policy that named nobody, and again under another',
    '1.7',
    { A: { of: ['T'] } },
    {
      earlier: [{ at: '2025-03-01T00:00:00Z', tip: 'A', policy: 'nobody' }],
      expect: 'trusted A',
    },
  );
  const meanwhile = {
    row: 'policy revoked while a decision runs',
    made: 'ssh-keygen. The other policy is applied just before the decision is written, which then fails and starts again.',
    'not-by': {
      decision: 'A decision has one policy: it reads and writes no store.',
      cli: 'The command reads its policy once, and publishes nothing.',
    },
  };
  const [alice = { name: '' }, bob = { name: '' }] = signers.signatories;
  await judge(
    'the signatory is taken out meanwhile',
    ['3.3', '3.4'],
    { A: { of: ['T'] } },
    {
      ...meanwhile,
      meanwhile: { signatories: [bob] },
      expect: 'locked at T on A: unknown_key',
    },
  );
  await judge(
    'another signatory is taken out meanwhile',
    '3.4',
    { A: { of: ['T'] } },
    {
      ...meanwhile,
      meanwhile: { signatories: [alice] },
      expect: 'trusted A',
    },
  );

  const history = await area.history();
  const repository = await workshop.checkOut(history);
  await repository.run('config', 'gpg.format', 'ssh');
  const { path, publicKey } = signers.keys.mallory;
  const files = {
    'headlock.yaml': `signatories: [{ name: Mallory, ssh: ${publicKey} }]\n`,
    '.github/allowed_signers': `* ${publicKey}\n`,
  };
  await history.take(
    'A',
    repository,
    await repository.commit('Trust me', { files, date: '1738368060 +0000', args: [`-S${path}`] }),
  );
  area.record(history, {
    name: 'a commit that adds the key which signed it',
    rule: '3.4',
    made: '`git commit -S` with a policy and an allowed_signers file in the commit.',
    policy,
    expect: 'locked at T on A: unknown_key',
  });
  await signers.cleanup();
  return area;
}

/** Trust rule 2.7. */
async function makeExceptions(area: Area, { signatories, build }: Signers, judge: Judge): Promise<void> {
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
  await history.commit('M', { parents: ['B', 'A'] });
  area.record(history, {
    ...usual,
    ...denied('A'),
    name: 'another id of a denied commit that is sent beside it',
    tip: 'M',
    expect: 'locked at T on B: denied',
  });
}

/** Trust rule 3.5: Bob is the forge. */
async function makeLimits({ signatories }: Signers, judge: Judge): Promise<void> {
  const [alice = { name: '' }, bob = { name: '' }] = signatories;
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
}

/** Trust rule 3.6. */
async function makeEmails({ signatories }: Signers, judge: Judge): Promise<void> {
  const [alice = { name: '' }] = signatories;
  const known = { ...alice, emails: ['alice@example.com'] };
  const bySignatory = { policy: { signatories: [{ ...known, matchEmail: true }] } };
  const byBranch = { policy: { signatories: [known], branches: { main: { matchEmail: true } } } };
  const from = (email: string) => ({ A: { of: ['T'], email } });
  for (const [name, asked] of Object.entries({ signatory: bySignatory, branch: byBranch })) {
    await judge(`matchEmail of the ${name}: her own address`, '3.6', from('alice@example.com'), {
      ...asked,
      expect: 'trusted A',
    });
    await judge(`matchEmail of the ${name}: another's address`, '3.6', from('bob@example.com'), {
      ...asked,
      expect: 'locked at T on A: bad_email',
    });
  }
  await judge('matchEmail: her address in capitals', '3.6', from('ALICE@example.com'), {
    ...bySignatory,
    expect: 'trusted A',
  });
  await judge('no matchEmail: an address of nobody', '3.6', from('bob@example.com'), {
    policy: { signatories: [known] },
    expect: 'trusted A',
  });
  await judge('matchEmail of a branch, and a signatory without addresses', '3.6', from('alice@example.com'), {
    policy: { signatories: [alice], branches: { main: { matchEmail: true } } },
    expect: 'locked at T on A: bad_email',
  });
}

/** Trust rules 4.6, 4.8. */
async function makeBranches({ signatories }: Signers, judge: Judge): Promise<void> {
  const [alice = { name: '' }, bob = { name: '' }] = signatories;
  const branches = { main: { publishers: ['Alice'] }, staging: { publishers: ['Alice', 'Bob'] } };
  const policy = { signatories, branches };
  const byBob = { A: { of: ['T'], by: 'bob' } } as const;
  const row = 'key accepted on staging only';
  await judge('a key that may publish on staging only, on staging', '4.8', byBob, {
    policy,
    row,
    branch: 'staging',
    expect: 'trusted A',
  });
  await judge('a key that may publish on staging only, on main', '4.8', byBob, { policy, row, expect: UNAUTHORIZED });
  await judge(
    'its commit under one of a publisher',
    '4.8',
    { ...byBob, B: { of: ['A'] } },
    { policy, expect: 'trusted B' },
  );
  await judge(
    'its commit on one of a publisher',
    '4.8',
    { B: { of: ['T'] }, A: { of: ['B'], by: 'bob' } },
    {
      policy,
      expect: 'locked at B on A: not_authorized',
    },
  );
  await judge(
    'a publisher on a merged side alone',
    '4.8',
    { ...byBob, S: { of: ['T'] }, M: { of: ['A', 'S'], by: 'bob' } },
    {
      policy,
      expect: 'locked at T on M: not_authorized',
    },
  );
  await judge('a key that another repository of the policy accepts', ['3.4', '1.7'], byBob, {
    policy: { signatories: [alice], elsewhere: [alice, bob] },
    row,
    expect: 'locked at T on A: unknown_key',
  });
  const report = { policy: { signatories, branches: { main: { enforcement: 'report' as const } } } };
  const observed = (expect: string, tip: string) => ({
    ...report,
    expect,
    'expect-by': { handler: `${expect}, observed ${tip}` },
  });
  await judge('a dry run of a signed commit', '4.6', { A: { of: ['T'] } }, observed('trusted A', 'A'));
  await judge(
    'a dry run of an unsigned commit',
    '4.6',
    { A: { of: ['T'], by: null } },
    observed('locked at T on A: unsigned', 'A'),
  );
  await judge(
    'a dry run of a malformed commit',
    ['4.6', '1.2'],
    { A: { of: ['T'], payload: (text) => text.replace(/^author .*\n/m, '$&$&') } },
    observed('locked at T on A: malformed_commit', 'nothing'),
  );
}

/** Trust rule 3.3: a key that the policy calls compromised. */
async function makeCompromise({ signatories, keys }: Signers, judge: Judge): Promise<void> {
  const named = (line: string) => ({ signatories, compromisedKeys: [parseSshPublicKey(line).fingerprint] });
  const lost = { policy: named(keys.alice.publicKey) };
  await judge(
    'a new commit by a key that is called compromised',
    '3.3',
    { A: { of: ['T'] } },
    {
      ...lost,
      expect: 'locked at T on A: revoked_key',
    },
  );
  await judge(
    "a new commit where another's key is called compromised",
    '3.3',
    { A: { of: ['T'], by: 'bob' } },
    {
      ...lost,
      expect: 'trusted A',
    },
  );
  const published = { earlier: [{ at: '2025-03-01T00:00:00Z', tip: 'A', policy: { signatories } }], trusted: 'A' };
  const made = 'ssh-keygen. The decision and the command begin with A, and know nothing of how it became trusted.';
  await judge(
    'a published commit by a key that is called compromised since',
    '3.3',
    { A: { of: ['T'] }, B: { of: ['A'], by: 'bob' } },
    {
      ...{ ...lost, ...published, made },
      expect: 'trusted B',
      'expect-by': { handler: 'compromised at A' },
    },
  );
  await judge(
    "a published commit where another's key is called compromised since",
    '3.3',
    { A: { of: ['T'], by: 'bob' }, B: { of: ['A'], by: 'bob' } },
    {
      ...{ ...lost, ...published },
      expect: 'trusted B',
    },
  );
}
