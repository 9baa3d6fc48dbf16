import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AuditReport } from '../../cli/audit/audit-report.ts';
import {
  ALICE,
  type AuditedRepository,
  BOB,
  CAROL,
  createAuditedRepository,
  DEPENDABOT,
  ERIN,
  GITHUB,
} from '../support/audited-repository.ts';
import { startPageServer } from '../support/page-server.ts';
import { runHeadlock } from '../support/run-headlock.ts';
import { exportPublicKey } from '../support/signing.ts';

let world: AuditedRepository;

beforeAll(async () => {
  world = await createAuditedRepository();
});
afterAll(() => world.remove());

async function audit(...args: string[]): Promise<AuditReport> {
  const { status, stdout, stderr } = await runHeadlock(['audit', world.repository.path, '--output', 'json', ...args]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return JSON.parse(stdout);
}

const day = (n: number) => `2022-01-${String(n).padStart(2, '0')}T00:00:00Z`;

it('tells all of a history as JSON, in a shape that programs can rely on', async () => {
  const { repository, keyFolder, commits, keys, bob } = world;
  const [, sshType = '', sshBlob = ''] = /^(\S+) (\S+)/.exec(bob.publicKey) ?? [];
  const report = await audit('--keys', keyFolder);
  const bobKey = report.keys.find(({ format }) => format === 'ssh')?.key ?? '';
  expect(bobKey).toMatch(/^SHA256:.{43}$/);
  const id = (name: keyof typeof keys) => `0x${keys[name].fingerprint}`;
  const certificate = (name: 'alice' | 'carol') => ({
    format: 'openpgp',
    key: id(name),
    primaryKey: id(name),
    algorithm: 'EdDSA',
    source: 'file',
    location: join(keyFolder, `${name}.asc`),
    forge: null,
    refused: {},
    fetch: null,
  });
  const absent = (name: 'erin' | 'github') => ({
    format: 'openpgp',
    key: id(name),
    primaryKey: null,
    algorithm: 'EdDSA',
    source: null,
    location: null,
    owner: null,
    expires: null,
    expiry: 'none',
    verified: 0,
    afterExpiry: 0,
  });
  const lock = (commit: string, reason: string, rule: string, message: RegExp) => ({
    ...{ commit, reason, rule },
    message: expect.stringMatching(message),
    nextStep: expect.stringMatching(/\w{3}/),
  });
  const unsigned = lock(commits.second, 'unsigned', '4.1', /by Alice .* carries no signature\.$/);
  const trial = (mode: string, keyTime: string, found: object) => ({
    ...{ mode, keyTime, withForge: false, reaches: commits.root, lock: unsigned },
    ...{ anchor: commits.late, verified: 2, ...found },
  });
  // In mode `head` the branch reaches its tip, or else what is nearest to it.
  const head = { reaches: commits.tip, lock: null, anchor: commits.root, verified: 1 };
  expect(report).toEqual({
    location: repository.path,
    branch: 'main',
    tip: commits.tip,
    from: null,
    start: commits.root,
    shallow: false,
    collisions: [],
    commits: 11,
    merges: 1,
    firstParentCommits: 10,
    first: day(1),
    last: day(11),
    signatures: { openpgp: 7, ssh: 1, x509: 0, unsigned: 3, unreadable: 0 },
    outcomes: {
      'first-seen': { expired_key: 2, unknown_key: 3, unsigned: 3, verified: 3 },
      signature: { expired_key: 1, unknown_key: 3, unsigned: 3, verified: 4 },
      ignore: { unknown_key: 3, unsigned: 3, verified: 5 },
    },
    keys: [
      {
        ...certificate('alice'),
        ...{ owner: 'Alice', expires: expect.stringMatching(/^20/), expiry: 'soon' },
        ...{ commits: 2, verified: 2, afterExpiry: 0 },
        first: { commit: commits.alice, date: day(10) },
        last: { commit: commits.tip, date: day(11) },
        committers: [{ ...ALICE, commits: 2 }],
      },
      {
        ...certificate('carol'),
        ...{ owner: 'Carol', expires: day(6), expiry: 'expired', commits: 2, verified: 2, afterExpiry: 1 },
        first: { commit: commits.carol, date: day(4) },
        last: { commit: commits.late, date: day(9) },
        committers: [{ ...CAROL, commits: 2 }],
      },
      {
        ...absent('github'),
        ...{ forge: 'github', commits: 2, refused: { unknown_key: 2 } },
        first: { commit: commits.merge, date: day(6) },
        last: { commit: commits.squash, date: day(7) },
        committers: [{ ...GITHUB, commits: 2 }],
        fetch: 'curl -fsS https://github.com/web-flow.gpg | gpg --show-keys',
      },
      {
        ...absent('erin'),
        ...{ forge: null, commits: 1, refused: { unknown_key: 1 } },
        first: { commit: commits.erin, date: day(8) },
        last: { commit: commits.erin, date: day(8) },
        committers: [{ ...ERIN, commits: 1 }],
        fetch: 'curl -fsS https://github.com/erin.gpg | gpg --show-keys',
      },
      {
        ...{ format: 'ssh', key: bobKey, primaryKey: null, algorithm: 'ssh-ed25519' },
        ...{ source: 'signatures', location: null, owner: null, forge: null, expires: null, expiry: 'none' },
        ...{ commits: 1, verified: 1, refused: {}, afterExpiry: 0 },
        first: { commit: commits.bob, date: day(3) },
        last: { commit: commits.bob, date: day(3) },
        committers: [{ ...BOB, commits: 1 }],
        fetch: null,
      },
    ].toSorted((one, other) => other.commits - one.commits || ((one.key ?? '') < (other.key ?? '') ? -1 : 1)),
    unsignedRanges: [{ after: null, last: commits.second, commits: 2, firstDate: day(1), lastDate: day(2) }],
    forges: [{ forge: 'github', commits: 2, signed: 2, fraction: 0.1818, merges: 1, squashes: 1, others: 0 }],
    bots: [{ ...DEPENDABOT, commits: 1, signed: 1, signedByForge: 1 }],
    refusals: [
      {
        ...{ reason: 'unknown_key', rule: '3.4', commits: 3, example: commits.erin },
        message: expect.stringMatching(/^[0-9a-f]{12}… by Erin .* belongs to nobody in the policy\.$/),
      },
    ],
    candidates: [],
    problems: [],
    trials: [
      trial('all', 'first-seen', {}),
      trial('first-parent', 'first-seen', {}),
      trial('head', 'first-seen', head),
      trial('all', 'signature', {}),
      trial('first-parent', 'signature', {}),
      trial('head', 'signature', head),
      trial('all', 'ignore', { anchor: commits.erin, verified: 3 }),
      trial('first-parent', 'ignore', { anchor: commits.erin, verified: 3 }),
      trial('head', 'ignore', head),
    ],
    proposal: {
      ...{ mode: 'all', keyTime: 'first-seen', anchor: commits.late, verified: 2 },
      signatories: [
        { name: 'Alice', source: 'file', commits: 2, keys: [id('alice')] },
        { name: 'Carol', source: 'file', commits: 2, keys: [id('carol')] },
        { name: 'Bob', source: 'signatures', commits: 1, keys: [bobKey] },
      ],
      yaml: `branches:
  - name: main
    mode: all
    anchor: ${commits.late} # 2 commits from here to the tip verify
signatories: # Found, and thereby not yet trusted: check each fingerprint with its owner.
  - name: Alice # 2 commits
    emails: [alice@example.com]
    openpgp: ${join(keyFolder, 'alice.asc')}
    # ${id('alice')}
  - name: Carol # 2 commits
    emails: [carol@example.com]
    # Expired 2022-01-06: what it signs from now on locks the branch, until its owner extends it.
    openpgp: ${join(keyFolder, 'carol.asc')}
    # ${id('carol')}
  - name: Bob # 1 commit
    emails: [bob@example.com]
    ssh: "${sshType} ${sshBlob}" # ${bobKey}, from the signatures alone: nobody else says whose it is
  # GitHub signed 2 of 11 commits with its own key. Listed, it is trusted (trust rule 3.5):
  # with \`limit: up-to-date-merges\` on merges that bring nothing new; with \`limit: merges\` with the contents of every
  # merge; without a limit with every squash merge, web edit and bot commit that it signs as well.
  # - name: GitHub
  #   openpgp: keys/github.asc # curl -fsS https://github.com/web-flow.gpg
  #   limit: up-to-date-merges
`,
    },
  });
});

it('proposes what `headlock verify` reads as it is, with an anchor that does not lock', async () => {
  const { proposal } = await audit('--keys', world.keyFolder);
  const policy = join(world.repository.root, 'headlock.yaml');
  const entry = [
    'name: shop',
    'url: https://git.example.com/shop.git',
    'provider: generic',
    ...proposal.yaml.split('\n'),
  ];
  const lines = ['apiVersion: headlock/v1', 'verifier: https://headlock.example.com', 'repositories:', '  -'];
  await writeFile(policy, [...lines, ...entry.map((line) => `    ${line}`)].join('\n'));
  const { status, stdout } = await runHeadlock(['verify', world.repository.path, '-f', policy]);
  expect(stdout).toContain('(2 commits verified)');
  expect(status).toBe(0);
});

// Trust rule 3.5.
it('tries the forge key by itself, and proposes it only in a comment', async () => {
  const file = join(world.repository.root, 'web-flow.asc');
  await writeFile(file, await exportPublicKey(world.keys.github));
  const { trials, proposal, keys, outcomes } = await audit('--keys', world.keyFolder, file);
  const all = (withForge: boolean) =>
    trials.find(
      (trial) => trial.mode === 'first-parent' && trial.keyTime === 'ignore' && trial.withForge === withForge,
    );
  const { commits } = world;
  expect(trials).toHaveLength(18);
  expect(all(false)).toMatchObject({ anchor: commits.erin, lock: { commit: commits.second } });
  expect(all(true)).toMatchObject({ anchor: commits.erin, lock: { commit: commits.second } });
  expect(outcomes.ignore).toEqual({ unknown_key: 3, unsigned: 3, verified: 5 });
  expect(keys.find(({ forge }) => forge === 'github')).toMatchObject({ owner: 'GitHub', verified: 2, refused: {} });
  expect(proposal.signatories.map(({ name }) => name)).toEqual(['Alice', 'Carol', 'Bob']);
  expect(proposal.yaml).toContain(`  # - name: GitHub\n  #   openpgp: ${file}\n`);
});

it('audits what is not behind a commit, and tries that as the anchor', async () => {
  const { commits, keyFolder } = world;
  const report = await audit('--keys', keyFolder, '--from', 'main~2');
  const { from, start, tip } = report;
  expect({ from, start, tip, commits: report.commits }).toEqual({
    from: commits.late,
    start: commits.late,
    tip: commits.tip,
    commits: 2,
  });
  const nothingLocks = report.trials.map(({ lock, anchor, reaches }) => ({ lock, anchor, reaches }));
  expect(nothingLocks).toEqual(Array(9).fill({ lock: null, anchor: commits.late, reaches: commits.tip }));

  const merge = await audit('--keys', keyFolder, '--from', commits.carol);
  expect(merge.trials.find(({ mode, keyTime }) => mode === 'all' && keyTime === 'ignore')).toMatchObject({
    lock: { commit: commits.side, reason: 'unsigned' },
    reaches: commits.carol,
  });
});

it('asks the forge for the keys of those whose addresses tell their names, and takes none for trusted', async () => {
  const { keys, keyFolder, commits, bob } = world;
  const server = await startPageServer({
    '/erin.gpg': await exportPublicKey(keys.erin),
    '/robert.keys': `${bob.publicKey}\n`,
    '/web-flow.gpg': await exportPublicKey(keys.github),
  });
  try {
    const report = await audit(
      ...['--keys', keyFolder, '--forge-keys', '--forge-url', server.url, '--forge', 'github', '--user', 'robert'],
    );
    expect(server.requests.filter((path) => path.endsWith('.gpg')).toSorted()).toEqual([
      '/erin.gpg',
      '/robert.gpg',
      '/web-flow.gpg',
    ]);
    expect(report.outcomes.ignore).toEqual({ unknown_key: 2, unsigned: 3, verified: 6 });
    expect(report.keys.filter(({ source }) => source === 'forge')).toMatchObject(
      [
        { owner: 'GitHub', forge: 'github', location: `${server.url}/web-flow.gpg` },
        { owner: 'Erin', location: `${server.url}/erin.gpg` },
        { owner: 'robert', format: 'ssh', location: `${server.url}/robert.keys` },
      ].toSorted((one, other) => Number(one.owner === 'robert') - Number(other.owner === 'robert')),
    );
    const trial = report.trials.find(
      ({ mode, keyTime, withForge }) => mode === 'first-parent' && keyTime === 'ignore' && withForge,
    );
    expect(trial).toMatchObject({ anchor: commits.second, verified: 8 });
    expect(report.proposal.yaml).toContain(
      `    openpgp: keys/erin.asc\n    # 0x${keys.erin.fingerprint}, from ${server.url}/erin.gpg\n`,
    );
  } finally {
    await server.close();
  }
});

// Trust rule 3.5: a forge may sign what its users commit, and is no person then either.
it('takes what a forge serves as its own key for none of a person', async () => {
  const { keys, keyFolder } = world;
  const server = await startPageServer({ '/api/v1/signing-key.gpg': await exportPublicKey(keys.erin) });
  try {
    const forge = ['--forge-keys', '--forge-url', server.url, '--forge', 'gitea'];
    const report = await audit('--keys', keyFolder, ...forge);
    expect(report.outcomes.ignore).toEqual({ unknown_key: 3, unsigned: 3, verified: 5 });
    expect(report.forges).toMatchObject([
      { forge: 'github', signed: 2 },
      { forge: 'gitea', signed: 1, others: 1 },
    ]);
    expect(report.proposal.signatories.map(({ name }) => name)).toEqual(['Alice', 'Carol', 'Bob']);
    const withForge = report.trials.find(
      (trial) => trial.mode === 'all' && trial.keyTime === 'ignore' && trial.withForge,
    );
    expect(withForge).toMatchObject({ anchor: world.commits.squash, verified: 4 });
  } finally {
    await server.close();
  }
});

it('shows key files of the repository itself, and uses none', async () => {
  const { repository, keys } = world;
  await repository.run('read-tree', '--empty');
  const files = { 'keys/erin.asc': (await exportPublicKey(keys.erin)).toString(), 'keys/README': 'Keys' };
  await repository.run('switch', '-q', '--orphan', 'with-keys');
  await repository.commit('Keys', { files });
  const tree = await repository.run('rev-parse', 'HEAD^{tree}');
  const tip = await repository.run('commit-tree', tree, '-p', 'main', '-m', 'Add keys');
  await repository.run('update-ref', 'refs/heads/with-keys', tip);
  await repository.run('symbolic-ref', 'HEAD', 'refs/heads/main');
  const { candidates, proposal, outcomes } = await audit('--branch', 'with-keys');
  expect(candidates).toEqual([{ path: 'keys/erin.asc', keys: [`0x${keys.erin.fingerprint}`], commits: 1 }]);
  expect(proposal.signatories.map(({ name }) => name)).toEqual(['Bob']);
  expect(outcomes.ignore.verified).toBe(1);
});

describe('for people', () => {
  it('says it in sections, with every fingerprint to be checked', async () => {
    const { status, stdout } = await runHeadlock(['audit', world.repository.path, '--keys', world.keyFolder]);
    const { commits, keys } = world;
    const short = (oid: string) => oid.slice(0, 12);
    const lines = stdout.split('\n').map((line) => line.replace(/ {2,}/g, '  '));
    const expected = [
      `main at ${short(commits.tip)}…: 11 commits (1 merge, 10 on the first-parent chain), 2022-01-01 to 2022-01-11`,
      '  signed  8 (72.7 %): 7 OpenPGP, 1 SSH',
      '  unsigned  3 (27.3 %)',
      "  proven  5 (45.5 %) by people's keys that were found; expiry aside",
      `  2  0x${keys.carol.fingerprint}  Carol  2022-01-04  2022-01-09  expired 2022-01-06, 1 commit signed after that`,
      `  2  0x${keys.github.fingerprint}  GitHub  2022-01-06  2022-01-07  key not found`,
      `  1  0x${keys.erin.fingerprint}  Erin?  2022-01-08  2022-01-08  key not found`,
      `  curl -fsS https://github.com/erin.gpg | gpg --show-keys (0x${keys.erin.fingerprint})`,
      `  ..${short(commits.second)}  2 commits  2022-01-01 to 2022-01-02`,
      '  2 of 10 on the chain, and 1 on merged branches',
      '  GitHub  2 commits, 2 signed by it (18.2 % of all): 1 merge, 1 squash merge',
      `If it were switched on at ${short(commits.root)}… with these keys`,
      `  all, first-parent  first-seen, signature  ${short(commits.second)}  unsigned  4.1  ${short(commits.late)} (2 commits)`,
      `  head  any  nothing  ${short(commits.root)} (the tip is judged)`,
      `  # 0x${keys.alice.fingerprint}`,
    ];
    expect(expected.filter((line) => !lines.includes(line))).toEqual([]);
    expect(stdout).toContain('check each fingerprint with its owner');
    expect(status).toBe(0);
  });

  it.each([
    ['a folder that is not there', ['/nowhere'], 'There is no folder /nowhere'],
    ['key files that are not there', ['.', '--keys', '/nowhere'], 'There is no file or folder /nowhere'],
    ['a branch that is not there', ['.', '--branch', 'nowhere'], 'The repository has no branch nowhere.'],
    ['a commit that is not there', ['.', '--from', 'nowhere'], 'git finds no commit'],
    ['a commit with nothing after it', ['.', '--from', 'main'], 'Nothing is behind'],
    ['a forge that is not known', ['.', '--forge-keys'], 'The forge cannot be asked for keys.'],
  ])('ends with 2 for %s', async (_, [location = '', ...args], message) => {
    const path = location === '.' ? world.repository.path : location;
    const { status, stdout, stderr } = await runHeadlock(['audit', path, ...args]);
    expect(stderr).toContain(message);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  });
});
