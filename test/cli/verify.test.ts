import { execFile } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Oid } from '../../shared/model/oid.ts';
import { type GitHttpServer, startGitHttpServer } from '../support/git-http-server.ts';
import { createGitRepository, type GitRepository } from '../support/git-repository.ts';
import { type HeadlockRun, runHeadlock } from '../support/run-headlock.ts';
import { describeWithSharedData, sharedData } from '../support/shared-data.ts';
import { createGpgKey, createSshKey, exportPublicKey, type SshKeyPair } from '../support/signing.ts';

interface PolicyOptions {
  readonly anchor: string;
  readonly signatory: string;
  readonly branch?: string;
  readonly branchSettings?: string;
  readonly lists?: string;
}

async function writePolicy(folder: string, options: PolicyOptions): Promise<string> {
  const { anchor, signatory, branch = 'main', branchSettings = '', lists = '' } = options;
  const path = join(folder, `${Math.random()}.yaml`);
  await writeFile(
    path,
    `apiVersion: headlock/v1
verifier: https://headlock.example.com/test
repositories:
  - name: shop
    url: https://git.example.com/shop.git
    provider: generic
    branches: [{ name: ${branch}, anchor: ${anchor}${branchSettings} }]
    signatories: [{ name: Alice, ${signatory} }]${lists}
`,
  );
  return path;
}

async function createSshKeyLine(): Promise<string> {
  const other = await createSshKey();
  await other.cleanup();
  return other.publicKey;
}

describe('headlock verify', () => {
  let repository: GitRepository;
  let key: SshKeyPair;
  let folder: string;
  let policy: string;
  const signed = ['-S'];
  let anchor: Oid;
  let first: Oid;
  let second: Oid;

  beforeAll(async () => {
    [repository, key, folder] = await Promise.all([
      createGitRepository(),
      createSshKey(),
      mkdtemp(join(tmpdir(), 'hl-verify-')),
    ]);
    await repository.run('config', 'gpg.format', 'ssh');
    await repository.run('config', 'user.signingkey', key.path);
    anchor = await repository.commit('Start');
    first = await repository.commit('Add a \u001b[31mred\u001b[0m thing', { args: signed });
    second = await repository.commit('Add another thing', { args: signed });
    policy = await writePolicy(folder, { anchor, signatory: `ssh: "${key.publicKey}"` });
  });

  afterAll(async () => {
    await Promise.all([repository.remove(), key.cleanup(), rm(folder, { recursive: true, force: true })]);
  });

  const verify = (...args: string[]): Promise<HeadlockRun> =>
    runHeadlock(['verify', repository.path, '-f', policy, ...args]);

  it('gives the same with keys from its cache, with a filled one, and without', async () => {
    const gpgKey = await createGpgKey();
    const file = join(folder, 'alice.asc');
    await writeFile(file, await exportPublicKey(gpgKey));
    await gpgKey.cleanup();
    const both = await writePolicy(folder, { anchor, signatory: `ssh: "${key.publicKey}", openpgp: ${file}` });
    const cacheFolder = join(folder, 'cache');
    const answer = async (...args: string[]) => {
      const line = ['verify', repository.path, '-f', both, '--output', 'json', ...args];
      const { status, stdout } = await runHeadlock(line, { settings: { cacheFolder } });
      const { milliseconds: _, ...found } = JSON.parse(stdout);
      return { status, found };
    };
    const entries = async () => (await readdir(join(cacheFolder, 'headlock', 'keys')).catch(() => [])).length;
    const plain = await answer('--no-cache');
    expect([plain.status, plain.found.verified, await entries()]).toEqual([0, 2, 0]);
    const withoutTimes = ({ found }: typeof plain) =>
      found.verdicts.map(({ firstSeen: _, ...verdict }: { readonly firstSeen: number }) => verdict);
    expect(withoutTimes(await answer())).toEqual(withoutTimes(plain));
    expect(await entries()).toBe(1);
    expect(withoutTimes(await answer())).toEqual(withoutTimes(plain));
  });

  it('shows each new commit, the oldest first, then that the tip is trusted', async () => {
    const { status, stdout, stderr } = await verify();
    const [one, two, blank, decision, ...rest] = stdout.trimEnd().split('\n');
    expect(one).toMatch(
      new RegExp(`^✓  ${first.slice(0, 12)}  Alice  SHA256:.{12}…  Add a \ufffd\\[31mred\ufffd\\[0m thing$`),
    );
    expect(two).toMatch(new RegExp(`^✓  ${second.slice(0, 12)}  Alice .* Add another thing$`));
    expect(blank).toBe('');
    expect(decision).toMatch(
      new RegExp(`^main advances to ${second.slice(0, 12)}… \\(2 commits verified\\) \\([\\d.]+ s\\)$`),
    );
    expect({ status, stderr, rest }).toEqual({ status: 0, stderr: '', rest: [] });
    expect(stdout).not.toContain('\u001b');
  });

  it('gives verdicts and decision as JSON', async () => {
    const { status, stdout } = await verify('--output', 'json');
    expect(JSON.parse(stdout)).toMatchObject({
      repository: 'shop',
      branch: 'main',
      from: anchor,
      tip: second,
      trusted: true,
      revision: second,
      lock: null,
      verified: 2,
      refused: 0,
      verdicts: [
        { commit: first, outcome: 'verified', signatory: 'Alice' },
        { commit: second, outcome: 'verified' },
      ],
    });
    expect(status).toBe(0);
  });

  it('locks on an unsigned commit with its reason and the next step, and ends with 1', async () => {
    await repository.run('switch', '-qc', 'unsigned');
    const unsigned = await repository.commit('Slip');
    await repository.run('switch', '-q', 'main');
    const { status, stdout } = await verify('--to', unsigned);
    expect(stdout).toContain(`✗  ${unsigned.slice(0, 12)}  unsigned`);
    expect(stdout).toContain(`main advances to ${second.slice(0, 12)}…, then locks: unsigned`);
    expect(stdout).toMatch(/\n {2}Next: /);
    expect(status).toBe(1);
    const json = await verify('--to', unsigned, '--from', second, '--output', 'json');
    expect(JSON.parse(json.stdout)).toMatchObject({
      trusted: false,
      revision: second,
      lock: { commit: unsigned, reason: 'unsigned' },
    });
    expect(json.status).toBe(1);
  });

  it('shows what the policy accepts and denies (trust rule 2.7)', async () => {
    const unsigned = await repository.run('commit-tree', '-p', second, '-m', 'Slip', `${second}^{tree}`);
    const list = (key: string, commit: string) => `\n    ${key}: [{ commit: ${commit}, reason: Reviewed in CHG-7 }]`;
    const lists = list('accepted', unsigned) + list('denied', first);
    const signatory = `ssh: "${key.publicKey}"`;
    const accepting = await writePolicy(folder, { anchor, signatory, lists: list('accepted', unsigned) });
    const { status, stdout } = await runHeadlock(['verify', repository.path, '-f', accepting, '--to', unsigned]);
    expect(stdout).toMatch(
      new RegExp(`✓  ${unsigned.slice(0, 12)}  accepted by policy  unsigned: Reviewed in CHG-7 +Slip`),
    );
    expect(stdout).toContain('(3 commits verified, 1 of them accepted by policy)');
    expect(status).toBe(0);

    const denying = await writePolicy(folder, { anchor, signatory, lists });
    const json = await runHeadlock(['verify', repository.path, '-f', denying, '--to', unsigned, '--output', 'json']);
    expect(JSON.parse(json.stdout)).toMatchObject({
      trusted: false,
      revision: anchor,
      lock: { commit: first, reason: 'denied' },
      verdicts: [
        { commit: first, reason: 'denied', payloadSha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
        { commit: second, outcome: 'verified' },
        { commit: unsigned, format: 'policy', justification: 'Reviewed in CHG-7', against: 'unsigned' },
      ],
    });
    expect(json.status).toBe(1);
  });

  it('refuses a signature that counts on merges alone on another commit (trust rule 3.5)', async () => {
    const signatory = `ssh: "${key.publicKey}", limit: up-to-date-merges`;
    const { status, stdout } = await runHeadlock([
      'verify',
      repository.path,
      '-f',
      await writePolicy(folder, { anchor, signatory }),
    ]);
    expect(stdout).toContain(`✗  ${first.slice(0, 12)}  not_authorized`);
    expect(stdout).toContain('is signed by Alice, whose signatures count on merges');
    expect(status).toBe(1);
  });

  it('names who may publish where a tip verifies and none of them signed it (trust rule 4.8)', async () => {
    const signatory = `ssh: "${key.publicKey}" }, { name: Carol, ssh: "${await createSshKeyLine()}"`;
    const file = await writePolicy(folder, { anchor, signatory, branchSettings: ', publishers: [Carol]' });
    const { status, stdout } = await runHeadlock(['verify', repository.path, '-f', file]);
    expect(stdout).toContain(`main locks, held at ${anchor.slice(0, 12)}…: not_authorized`);
    expect(stdout).toContain('is signed by Alice; what this branch publishes must be signed by a publisher: Carol.');
    expect(status).toBe(1);
  });

  it('takes another commit as trusted with --from, and judges another with --to', async () => {
    expect((await verify('--from', first)).stdout).toContain('(1 commit verified)');
    expect((await verify('--to', first)).stdout).toContain(
      `main advances to ${first.slice(0, 12)}… (1 commit verified)`,
    );
    expect(await verify('--to', anchor)).toMatchObject({
      status: 0,
      stdout: expect.stringContaining(`main stays at ${anchor.slice(0, 12)}…: nothing is new`),
    });
  });

  it('says that history was rewritten where the tip does not descend from what is trusted', async () => {
    const { status, stdout } = await verify('--from', second, '--to', first);
    expect(stdout).toContain(': history_rewritten');
    expect(status).toBe(1);
  });

  it('reads a URL with the credentials of the environment', async () => {
    const credentials = { kind: 'basic', username: 'alice', password: 'sesame' } as const;
    const server: GitHttpServer = await startGitHttpServer(repository.root, { credentials });
    try {
      const args = ['verify', `${server.url}/${repository.name}`, '-f', policy];
      const settings = { gitUsername: 'alice', gitPassword: 'sesame' };
      expect(await runHeadlock(args, { settings })).toMatchObject({
        status: 0,
        stdout: expect.stringContaining('(2 commits verified)'),
      });
      const refused = await runHeadlock(args, { settings: { ...settings, gitPassword: 'guess' } });
      expect(refused).toMatchObject({ status: 2, stdout: '' });
      expect(refused.stderr).not.toContain('guess');
      expect(refused.stderr.trimEnd().split('\n')).toHaveLength(1);
    } finally {
      await server.close();
    }
  });

  it.each([
    ['a folder that is not there', ['/nowhere'], 'There is no folder /nowhere'],
    ['a folder that is no repository', [tmpdir()], 'git repository'],
    ['a URL of SSH', ['ssh://git@example.com/x.git'], 'Clone it with git'],
  ])('ends with 2 for %s', async (_what, args, message) => {
    const { status, stdout, stderr } = await runHeadlock(['verify', ...args, '-f', policy]);
    expect(stderr).toContain(message);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  });

  it('ends with 2 for a repository or branch that the policy or the repository does not have', async () => {
    expect((await verify('--repository', 'cart')).stderr).toContain(
      'The policy has no repository cart. Choose with --repository one of: shop.',
    );
    expect((await verify('--branch', 'next')).stderr).toContain(
      'The policy has no branch next. Choose with --branch one of: main.',
    );
    const elsewhere = await writePolicy(folder, { anchor, branch: 'gone', signatory: `ssh: "${key.publicKey}"` });
    const gone = await runHeadlock(['verify', repository.path, '-f', elsewhere]);
    expect(gone).toMatchObject({ status: 2, stderr: expect.stringContaining('The repository has no branch gone.') });
  });

  it('names every mistake of a policy with line and fix, and ends with 2', async () => {
    const broken = await writePolicy(folder, {
      anchor: 'HEAD',
      branchSettings: ', mode: some',
      signatory: 'openpgp: nowhere.asc',
    });
    const { status, stderr } = await runHeadlock(['verify', repository.path, '-f', broken]);
    const lines = stderr.trimEnd().split('\n');
    expect(lines).toHaveLength(3);
    expect(lines[0]).toMatch(new RegExp(`^${broken}:7: .*first-parent`));
    expect(lines[1]).toMatch(new RegExp(`^${broken}:7: .*git rev-parse`));
    expect(lines[2]).toMatch(new RegExp(`^${broken}:8: .*nowhere.asc.*gpg --armor --export`));
    expect(status).toBe(2);
  });
});

describeWithSharedData('headlock verify on the history of nonguix', () => {
  const ANCHOR = '897c1a470da759236cc11798f4e0a5f7d4d59fbc';
  let repository: GitRepository;

  beforeAll(async () => {
    repository = await createGitRepository({ bare: true });
    const child = execFile('git', ['index-pack', '--stdin'], { cwd: repository.path, env: repository.env });
    if (child.stdin === null) throw new Error('git has no standard input');
    const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
    createReadStream(sharedData('histories', 'nonguix', 'commits.pack')).pipe(child.stdin);
    expect(await ended).toBe(0);
    await repository.run('update-ref', 'refs/heads/master', 'caa8c0b4646b993537be13c9bc819b3df68ab9b2');
  });
  afterAll(() => repository.remove());

  const verify = async (keyTime: string): Promise<HeadlockRun> => {
    const policy = await writePolicy(repository.root, {
      anchor: ANCHOR,
      branch: 'master',
      branchSettings: `, keyTime: ${keyTime}`,
      signatory: `openpgp: ${sharedData('histories', 'nonguix', 'keys')}`,
    });
    return runHeadlock(['verify', repository.path, '-f', policy, '--output', 'json']);
  };

  it('verifies all 2,177 commits where expiry is ignored', async () => {
    const { status, stdout } = await verify('ignore');
    expect(JSON.parse(stdout)).toMatchObject({
      trusted: true,
      revision: 'caa8c0b4646b993537be13c9bc819b3df68ab9b2',
      verified: 2177,
      refused: 0,
    });
    expect(status).toBe(0);
  });

  it('locks on the anchor where the very first commit was signed after its key had expired', async () => {
    const { status, stdout } = await verify('signature');
    const { trusted, revision, lock } = JSON.parse(stdout);
    expect({ trusted, revision }).toEqual({ trusted: false, revision: ANCHOR });
    expect(lock).toMatchObject({ commit: expect.stringMatching(/^a7b69c15/), reason: 'expired_key' });
    expect(status).toBe(1);
  });

  it('shows a long success as a summary, and all of it with --verbose', async () => {
    const policy = await writePolicy(repository.root, {
      anchor: ANCHOR,
      branch: 'master',
      branchSettings: ', keyTime: ignore',
      signatory: `openpgp: ${sharedData('histories', 'nonguix', 'keys')}`,
    });
    const short = await runHeadlock(['verify', repository.path, '-f', policy]);
    expect(short.stdout).toMatch(/^master advances to caa8c0b4646b… \(2,177 commits verified\) \([\d.]+ s\)\n$/);
    const long = await runHeadlock(['verify', repository.path, '-f', policy, '--verbose']);
    expect(long.stdout.match(/^✓/gm)).toHaveLength(2177);
  });
});
