import { parseSshPublicKey } from '../../../shared/signatures/ssh/parse-public-key.ts';
import { createJudge, createSigners, type Judge, type Signers } from './signed-history.ts';
import type { Area, Workshop } from './workshop.ts';

const UNAUTHORIZED = 'locked at T on A: not_authorized';

/** Trust rules 1.7, 3.3, 3.4, 3.6, 4.6, 4.8: what the policy says beside keys. */
export async function makePolicy(workshop: Workshop): Promise<Area> {
  const area = workshop.area();
  const signers = await createSigners();
  const policy = { signatories: signers.signatories };
  const judge = createJudge(area, signers);
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
