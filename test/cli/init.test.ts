import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type AuditedRepository, createAuditedRepository } from '../support/audited-repository.ts';
import { type HeadlockRun, type RunOptions, runHeadlock } from '../support/run-headlock.ts';

let world: AuditedRepository;
let folder: string;
let file: string;

beforeAll(async () => {
  world = await createAuditedRepository();
  await world.repository.run('remote', 'add', 'origin', 'git@github.com:example/Payments.git');
});
afterAll(() => world.remove());
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hl-init-'));
  file = join(folder, 'headlock.yaml');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const init = (args: readonly string[], options: RunOptions = {}): Promise<HeadlockRun> =>
  runHeadlock(['init', world.repository.path, '-f', file, ...args], options);
const verify = () => runHeadlock(['verify', world.repository.path, '-f', file]);
const readPolicy = async () => parse(await readFile(file, 'utf8'));

function typed(...lines: readonly string[]): RunOptions {
  return { input: Object.assign(Readable.from(lines.map((line) => `${line}\n`)), { isTTY: true }) };
}

describe('headlock init', () => {
  it('writes a policy that `headlock verify` accepts, with the keys beside it, and says what comes next', async () => {
    const { status, stdout, stderr } = await init(['--keys', world.keyFolder]);
    const { commits, keys } = world;
    expect(stdout).toContain(
      `Wrote ${file} with 2 signatories; beside it headlock.schema.json, keys/alice.asc, keys/carol.asc.`,
    );
    expect(stdout).toContain(
      `main is anchored at ${commits.late.slice(0, 12)}… (2 commits from here to the tip verify)`,
    );
    expect(stdout.split('\nNext:\n')[1]?.trimEnd().split('\n')).toEqual([
      `  1. Check all 2 fingerprints in ${file} with their owners.`,
      `  2. headlock verify ${world.repository.path} -f ${file}`,
      '  3. headlock secret set payments-webhook --purpose webhook',
      `  4. headlock apply -f ${file}`,
    ]);
    expect(stderr).toMatch(/^warning: the keys of Carol have expired\. .*\n$/);
    expect(status).toBe(0);
    expect(await readPolicy()).toEqual({
      apiVersion: 'headlock/v1',
      verifier: 'https://headlock.example.com/production',
      repositories: [
        {
          name: 'payments',
          url: 'https://github.com/example/Payments.git',
          provider: 'github',
          webhook: { secretRef: 'payments-webhook' },
          branches: [{ name: 'main', mode: 'all', anchor: commits.late }],
          signatories: [
            { name: 'Alice', emails: ['alice@example.com'], openpgp: 'keys/alice.asc' },
            { name: 'Carol', emails: ['carol@example.com'], openpgp: 'keys/carol.asc' },
          ],
        },
      ],
    });
    const text = await readFile(file, 'utf8');
    expect(text).toMatch(/^# yaml-language-server: \$schema=\.\/headlock\.schema\.json\n/);
    expect(text).toContain(`# 0x${keys.alice.fingerprint}, from ${join(world.keyFolder, 'alice.asc')}\n`);
    expect(JSON.parse(await readFile(join(folder, 'headlock.schema.json'), 'utf8'))).toMatchObject({
      title: 'headlock.yaml',
    });
    const shown = await world.home.gpg(['--show-keys', '--with-colons', join(folder, 'keys', 'alice.asc')]);
    expect(shown.toString()).toContain(keys.alice.fingerprint);
    expect(await verify()).toMatchObject({ status: 0, stdout: expect.stringContaining('(2 commits verified)') });
  });

  it('takes flags in place of questions, and answers as JSON', async () => {
    const { commits, keys } = world;
    await world.repository.run('branch', '-f', 'release', commits.erin);
    const flags = ['--name', 'shop', '--url', 'https://git.example.com/shop.git', '--provider', 'gitlab'];
    const more = ['--webhook-secret', 'hook', '--verifier', 'https://headlock.example.com/x', '--anchor', 'main~1'];
    const branches = ['--branch', 'main', '--branch', 'release'];
    const trust = ['--trust', `0x${keys.alice.fingerprint}`];
    const { status, stdout } = await init([
      '--keys',
      world.keyFolder,
      ...flags,
      ...more,
      ...branches,
      ...trust,
      '--output',
      'json',
    ]);
    const rules = { mode: 'all', keyTime: 'first-seen' };
    expect(JSON.parse(stdout)).toEqual({
      file,
      files: ['headlock.yaml', 'headlock.schema.json', 'keys/alice.asc'],
      branches: [
        { ...rules, branch: 'main', anchor: commits.alice, note: 'as you chose it' },
        { ...rules, branch: 'release', anchor: commits.erin, note: 'the tip: nothing behind it is judged' },
      ],
      signatories: [{ name: 'Alice', keys: [`0x${keys.alice.fingerprint}`] }],
      next: expect.arrayContaining([
        `Check the fingerprint in ${file} with its owner.`,
        'headlock secret set hook --purpose webhook',
      ]),
    });
    expect(status).toBe(0);
    expect((await readPolicy()).repositories[0]).toMatchObject({
      name: 'shop',
      provider: 'gitlab',
      branches: [{ anchor: commits.alice }, { name: 'release', anchor: commits.erin }],
    });
    expect(await verify()).toMatchObject({ status: 0 });
  });

  it('asks on a terminal, with a proposal for each answer, and who is to be listed', async () => {
    const answers = typed('', 'https://git.example.com/shop.git', 'generic', '1, 3', '', 'hook');
    const { status, stderr } = await init(['--keys', world.keyFolder], answers);
    expect(stderr).toContain('Name of the repository [payments]: ');
    expect(stderr).toMatch(/ {2}1 {2}Alice {2}2 commits {2}0x[0-9A-F]{40}\s+from /);
    expect(stderr).toMatch(/ {2}3 {2}Bob {4}1 commit {3}SHA256:.{43}\s+in the signatures alone/);
    expect(stderr).toContain('Numbers, or all [1,2]: ');
    expect(stderr).toContain(`Commit at which trust starts [${world.commits.late}]: `);
    expect(status).toBe(0);
    const [repository] = (await readPolicy()).repositories;
    expect(repository).toMatchObject({ name: 'payments', provider: 'generic', webhook: { secretRef: 'hook' } });
    expect(repository.signatories.map(({ name }: { readonly name: string }) => name)).toEqual(['Alice', 'Bob']);
    expect(await verify()).toMatchObject({ status: 0 });
  });

  it('takes other rules, and the anchor that holds by them', async () => {
    const { status } = await init(['--keys', world.keyFolder, '--key-time', 'signature', '--mode', 'head']);
    expect((await readPolicy()).repositories[0].branches).toEqual([
      { name: 'main', mode: 'head', keyTime: 'signature', anchor: world.commits.root },
    ]);
    const advance = `main advances to ${world.commits.tip.slice(0, 12)}…`;
    expect(await verify()).toMatchObject({ status: 0, stdout: expect.stringContaining(advance) });
    expect(status).toBe(0);
  });

  it('warns of no expiry where `keyTime` looks past it', async () => {
    const { stderr } = await init(['--keys', world.keyFolder, '--key-time', 'ignore']);
    expect(stderr).toBe('');
    expect(await readFile(file, 'utf8')).not.toContain('Expired');
    expect((await readPolicy()).repositories[0].branches[0].keyTime).toBe('ignore');
  });

  it('anchors where those who were chosen are enough', async () => {
    await init(['--keys', world.keyFolder, '--trust', 'Carol']);
    expect((await readPolicy()).repositories[0].branches).toEqual([
      { name: 'main', mode: 'all', anchor: world.commits.tip },
    ]);
    expect(await verify()).toMatchObject({ status: 0, stdout: expect.stringContaining('nothing is new') });
  });

  it('overwrites nothing without --force', async () => {
    await writeFile(file, 'mine');
    const refused = await init(['--keys', world.keyFolder]);
    expect(refused).toMatchObject({ status: 2, stdout: '', stderr: expect.stringContaining(`${file} exists already`) });
    expect(await readFile(file, 'utf8')).toBe('mine');
    expect(await init(['--keys', world.keyFolder, '--force'])).toMatchObject({ status: 0 });
    await rm(file);
    expect(await init(['--keys', world.keyFolder])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('headlock.schema.json exists already'),
    });
  });

  it('warns where the policy stands in what it guards (trust rule 3.4)', async () => {
    const inside = join(world.repository.path, 'headlock.yaml');
    const { status, stderr } = await init(['--keys', world.keyFolder, '-f', inside]);
    expect(stderr).toContain('stands in the repository that it guards');
    expect(status).toBe(0);
  });

  it.each([
    ['no key is chosen', [], 'No key is chosen, and nothing was written.'],
    [
      'a key is named that was not found',
      ['--trust', 'Mallory'],
      'Nobody found has the number, name or fingerprint Mallory.',
    ],
    ['the name is none', ['--trust', 'all', '--name', 'My Shop'], 'A repository name has lower-case letters'],
    ['the verifier is no URL', ['--trust', 'all', '--verifier', 'here'], "Write this installation's name as a URL"],
    ['the address is none', ['--trust', 'all', '--url', 'nowhere'], 'The repository URL is not an http(s) URL.'],
    ['a name is out to add lines', ['--trust', 'all', '--name', 'x\n    url: y'], 'A repository name has'],
  ])('ends with 2 and writes nothing where %s', async (_, args, message) => {
    const { status, stdout, stderr } = await init(args);
    expect(stderr).toContain(message);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    await expect(readFile(file)).rejects.toThrow('ENOENT');
  });

  it('writes nothing where the answers end', async () => {
    const { status, stderr } = await init(['--keys', world.keyFolder], typed('shop'));
    expect({ status, stderr: stderr.split(': ').at(-1) }).toEqual({ status: 2, stderr: 'Nothing was written.\n' });
    await expect(readFile(file)).rejects.toThrow('ENOENT');
  });
});
