import { execFile } from 'node:child_process';
import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningHeadlock, startHeadlock } from '../../cli/operations/start-headlock.ts';
import { createSshKey } from '../../cli/playground/create-ssh-key.ts';
import { type PreparedPlayground, preparePlayground } from '../../cli/playground/prepare-playground.ts';
import type { Publication } from '../../functions/trusted-revision/response-schemas.ts';
import { EXTENSION } from '../../shared/statements/create-statement.ts';
import { eventually } from '../support/eventually.ts';
import { cleanGitEnvironment } from '../support/git-repository.ts';
import { type HeadlockRun, type RunOptions, runHeadlock } from '../support/run-headlock.ts';
import { openEnvelope } from '../support/statements.ts';

const { PATH = '/usr/bin:/bin' } = process.env;
let folder: string;
let headlock: RunningHeadlock;
let playground: PreparedPlayground;

/** On an instance that runs, with its playground: one story, told in order. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hl-commands-'));
  headlock = await startHeadlock({ dataFolder: join(folder, 'data'), port: 0, searchPath: PATH });
  playground = await preparePlayground(headlock, PATH);
});
afterAll(async () => {
  await headlock.stop();
  await rm(folder, { recursive: true, force: true, maxRetries: 3 });
});

function run(args: readonly string[], options: RunOptions = {}): Promise<HeadlockRun> {
  return runHeadlock([...args, '--data', join(folder, 'data')], options);
}

async function git(...args: readonly string[]): Promise<string> {
  const config = {
    'user.name': 'You',
    'user.email': 'you@example.com',
    'gpg.format': 'ssh',
    'user.signingkey': playground.privateKeyFile,
  };
  const settings = Object.entries(config).flatMap(([key, value]) => ['-c', `${key}=${value}`]);
  const env = cleanGitEnvironment(folder);
  const { stdout } = await promisify(execFile)('git', [...settings, ...args], { cwd: join(folder, 'clone'), env });
  return stdout.trim();
}

/** Until the branch is as expected: what was pushed or applied is decided in the background. */
async function untilStatus(expected: object): Promise<void> {
  await eventually(async () => {
    const { stdout } = await run(['status', 'playground', 'main', '--output', 'json']);
    expect(JSON.parse(stdout).branches).toMatchObject([expected]);
  });
}

describe('the commands of an operator', () => {
  let anchor: string;
  let unsigned: string;

  it('status shows what is trusted, in a table and in detail, and ends with 0', async () => {
    await promisify(execFile)('git', ['clone', '-q', playground.cloneUrl, join(folder, 'clone')], {
      env: cleanGitEnvironment(folder),
    });
    anchor = await git('rev-parse', 'HEAD');
    await untilStatus({ state: 'Trusted', revision: anchor, sequence: 1 });

    const table = await run(['status']);
    expect(table.status).toBe(0);
    const [head, row] = table.stdout.split('\n');
    expect(head).toMatch(/^REPOSITORY +BRANCH +STATE +REVISION +SEQUENCE +AGE +REASON$/);
    expect(row).toMatch(new RegExp(`^playground +main +Trusted +main@sha1:${anchor.slice(0, 12)}… +1 +\\d+[sm]$`));

    const detail = await run(['status', 'playground', 'main']);
    expect(detail.stdout).toContain(`revision    main@sha1:${anchor}\n`);
    expect(detail.status).toBe(0);
  });

  it('status ends with 1 where a branch is locked, and says why and what to do', async () => {
    await git('commit', '-q', '--no-gpg-sign', '--allow-empty', '-m', 'Slip');
    unsigned = await git('rev-parse', 'HEAD');
    await git('push', '-q', 'origin', 'main');
    await untilStatus({
      state: 'Locked',
      revision: anchor,
      sequence: 1,
      lock: { reason: 'unsigned', commit: unsigned },
    });

    const table = await run(['status', 'playground']);
    expect(table.stdout).toMatch(
      new RegExp(`Locked +main@sha1:${anchor.slice(0, 12)}… +1 +\\d+[sm] +unsigned: ${unsigned.slice(0, 12)}… by You`),
    );
    expect(table.status).toBe(1);
    const detail = await run(['status', 'playground', 'main']);
    expect(detail.stdout).toMatch(/\nnext step +Sign it/);
    expect(detail.stdout).toMatch(new RegExp(`\\ntip +${unsigned}, seen `));
    expect(detail.status).toBe(1);
  });

  it('explain shows the checks that were recorded, and ends with 1 where one failed', async () => {
    const { status, stdout } = await run(['explain', 'playground', unsigned.slice(0, 8)]);
    expect(status).toBe(1);
    expect(stdout).toMatch(
      new RegExp(
        `^${unsigned} by You <you@example.com>\nplayground@main, first seen \\S+ \\S+ UTC, policy version 1\n`,
      ),
    );
    expect(stdout).toMatch(/\n✗ {2}4.1 {2}It carries a signature +unsigned: carries no signature\.\n/);
    expect(stdout).toContain('\nRefused: unsigned\n  Next: Sign it: ');
  });

  it('log shows what happened, the newest first, and no more than is asked for', async () => {
    const { status, stdout } = await run(['log', 'playground', 'main']);
    expect(status).toBe(0);
    const [head, ...rows] = stdout.trimEnd().split('\n');
    expect(head).toMatch(/^TIME +EVENT +SEQUENCE +REVISION +WHO +WHAT$/);
    expect(rows.map((row) => row.split(/ {2,}/).slice(1, 5))).toEqual([
      ['locked', '1', unsigned.slice(0, 12), 'headlock'],
      ['advanced', '1', anchor.slice(0, 12), 'headlock'],
      ['created', '0', '–', expect.stringContaining('local operator')],
    ]);
    const newest = await run(['log', 'playground', 'main', '--limit', '1', '--output', 'json']);
    expect(JSON.parse(newest.stdout)).toMatchObject({
      branch: 'main',
      events: [{ kind: 'locked', id: expect.stringMatching(/^\d+:0$/) }],
    });
    expect(newest.stderr).toBe('There are older events: --limit 10 shows more.\n');
    const tag = await run(['log', 'playground', 'refs/tags/v1']);
    expect(tag).toMatchObject({ status: 0, stdout: 'Nothing has happened to playground@refs/tags/v1 yet.\n' });
  });

  it.each([
    [['explain', 'playground', 'HEAD'], '"HEAD" is no commit id'],
    [['explain', 'playground', 'abcdef0'], 'No verdict on abcdef0 is recorded for playground@main'],
    [['explain', 'playground', 'abcdef0', '--branch', 'next'], 'names no branch next. Guarded are: main.'],
    [['explain', 'cart', 'abcdef0'], 'No policy names the repository cart.'],
    [['log', 'cart', 'main'], 'No policy names the repository cart.'],
    [['log', 'playground', 'next'], 'names no branch next. Guarded are: main.'],
    [['status', 'cart'], 'No policy names the repository cart. Guarded are: playground.'],
    [['status', 'playground', 'next'], 'The policy of playground names no branch next. Guarded are: main.'],
    [['unlock', 'cart', 'main', '--sequence', '1', '--clear', '--reason', 'x'], 'No policy names cart@main.'],
    [['unlock', 'playground', 'main', '--sequence', '1', '--reason', 'x'], 'Say --to <commit> or --clear.'],
    [['unlock', 'playground', 'main', '--sequence', '1', '--clear', '--reason', ' '], 'Give a --reason'],
    [['token', 'create', '--name', 'x', '--repositories', 'cart'], 'No policy names the repository cart.'],
    [['token', 'revoke', 'nobody'], 'No valid token has the name'],
    [['secret', 'drop', 'nothing'], 'There is no secret nothing.'],
    [['secret', 'set', 'Upper', '--purpose', 'git'], 'Name a secret with lower-case letters'],
  ])('%j ends with 2 and one line', async (args, message) => {
    const { status, stdout, stderr } = await run(args, { input: 'x' });
    expect(stderr).toContain(message);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  });

  it('unlock refuses a stale sequence with 1, naming the current one', async () => {
    const args = ['unlock', 'playground', 'main', '--sequence', '7', '--to', unsigned, '--reason', 'Accepted'];
    const { status, stdout, stderr } = await run(args);
    expect(stderr).toContain('playground@main is at sequence 1, not 7.');
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  });

  it('unlock anchors at a commit on the word of an operator, and everybody is told', async () => {
    const alerts: string[] = [];
    const stop = headlock.instance.onAlert(({ attributes }) => alerts.push(attributes.event ?? ''));
    const args = ['unlock', 'playground', 'main', '--sequence', '1', '--to', unsigned, '--reason', 'Accepted'];
    const { status, stdout, stderr } = await run(args);
    expect(stdout).toContain(
      `playground@main is anchored at ${unsigned} (sequence 2).\nOn your word alone: the policy would refuse this commit`,
    );
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    await untilStatus({ state: 'Trusted', revision: unsigned, sequence: 2, operatorAnchored: true });
    await eventually(() => expect(alerts).toContain('reanchored'));
    stop();
    const explained = await run(['explain', 'playground', unsigned]);
    expect(explained).toMatchObject({
      status: 1,
      stdout: expect.stringContaining('It is the anchor of playground@main'),
    });
  });

  it('secret set keeps one value, or two with --add, and never shows them', async () => {
    const set = (...more: string[]) =>
      run(['secret', 'set', 'forge', '--purpose', 'git', ...more], { input: 'sesame\n' });
    expect(await set()).toEqual({ status: 0, stdout: 'Stored forge (git).\n', stderr: '' });
    expect(await headlock.installation.vault.open('forge', 'git')).toEqual(['sesame']);
    const second = await run(['secret', 'set', 'forge', '--purpose', 'git', '--add'], { input: 'two\r\n' });
    expect(second.stdout).toContain('The former value stays valid too');
    await run(['secret', 'set', 'forge', '--purpose', 'git', '--add'], { input: 'three\n\n' });
    expect(await headlock.installation.vault.open('forge', 'git')).toEqual(['three\n', 'two']);

    const other = await run(['secret', 'set', 'forge', '--purpose', 'webhook', '--add'], { input: 'x' });
    expect(other).toMatchObject({ status: 2, stderr: expect.stringContaining('forge is stored for git') });
    const list = await run(['secret', 'list']);
    expect(list.stdout).toMatch(/\nforge +git +2 +\d{4}-/);
    expect(list.stdout).not.toMatch(/two|three/);
    await set();
    expect(await headlock.installation.vault.open('forge', 'git')).toEqual(['sesame']);
    expect(await run(['secret', 'drop', 'forge'])).toEqual({ status: 0, stdout: 'Dropped forge.\n', stderr: '' });
    expect(await headlock.installation.vault.open('forge', 'git')).toBeNull();
  });

  it('secret set and drop say how long the former value of a webhook may count (trust rule 5.2)', async () => {
    const set = () => run(['secret', 'set', 'rung', '--purpose', 'webhook'], { input: 'sesame' });
    expect((await set()).stdout).toBe('Stored rung (webhook).\n');
    expect((await set()).stdout).toContain('Where the former value was in use, it signs deliveries for a minute more.');
    expect((await run(['secret', 'drop', 'rung'])).stdout).toContain('for a minute more');
  });

  it.each([
    ['nothing', '', 'There is no value'],
    ['more than KMS seals', 'x'.repeat(4097), 'longer than 4096 bytes'],
    ['no text', Buffer.from([0xff]), 'no text in UTF-8'],
  ])('secret set refuses %s', async (_what, input, message) => {
    const refused = await run(['secret', 'set', 'forge', '--purpose', 'git'], { input });
    expect(refused).toMatchObject({ status: 2, stdout: '', stderr: expect.stringContaining(message) });
  });

  it('secret set takes the private key of an app, and nothing else for one', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const input = String(privateKey.export({ format: 'pem', type: 'pkcs1' }));
    const set = (value: string) => run(['secret', 'set', 'acme', '--purpose', 'app'], { input: value });
    expect(await set(input)).toEqual({ status: 0, stdout: 'Stored acme (app).\n', stderr: '' });
    const [stored = ''] = (await headlock.installation.vault.open('acme', 'app')) ?? [];
    expect(createPrivateKey(stored).equals(privateKey)).toBe(true);
    const refused = await set('ghp_hunter2');
    expect(refused).toMatchObject({ status: 2, stdout: '', stderr: expect.stringContaining('no private key in PEM') });
    expect(refused.stderr).not.toContain('hunter2');
  });

  it('secret set asks on a terminal, and does not show what is typed', async () => {
    const modes: boolean[] = [];
    const input = Object.assign(new PassThrough(), { isTTY: true, setRawMode: (isRaw: boolean) => modes.push(isRaw) });
    const running = run(['secret', 'set', 'typed', '--purpose', 'git'], { input, isTerminal: true });
    input.write('sesamx');
    input.write('\u007fe');
    input.write('\r');
    const { status, stderr } = await running;
    expect(stderr).toContain('Value of typed (it is not shown): \n');
    expect({ status, modes }).toEqual({ status: 0, modes: [true, false] });
    expect(await headlock.installation.vault.open('typed', 'git')).toEqual(['sesame']);

    const cancelled = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => {} });
    cancelled.write('half\u0003');
    const refused = await run(['secret', 'set', 'other', '--purpose', 'git'], { input: cancelled });
    expect(refused).toMatchObject({ status: 2, stderr: expect.stringContaining('Nothing was stored') });
    expect(await headlock.installation.secrets.read('other')).toBeNull();
  });

  it('token create shows a token once, which does not work once it is revoked', async () => {
    const url = `${headlock.instance.apiUrl}/v1/repositories/playground/trusted-revision`;
    const created = await run([
      'token',
      'create',
      '--name',
      'agent',
      '--repositories',
      'playground',
      '--expires',
      '90d',
    ]);
    const token = /^hl_[\w-]+$/m.exec(created.stdout)?.[0] ?? '';
    expect(created.stdout).toContain(`curl -i -H 'Authorization: Bearer ${token}' ${url}`);
    const ask = async () => (await fetch(url, { headers: { authorization: `Bearer ${token}` } })).status;
    const again = await run(['token', 'create', '--name', 'agent', '--repositories', 'playground']);
    expect(again).toMatchObject({ status: 2, stderr: expect.stringContaining('There is a token agent already') });
    const list = await run(['token', 'list']);
    expect(list.stdout).toMatch(/\nagent +[0-9a-f]{12} +valid +playground +\d{4}-.* +\d{4}-/);
    expect(list.stdout).not.toContain(token);

    const hash = /^agent +([0-9a-f]{12})/m.exec(list.stdout)?.[1] ?? '';
    expect(await run(['token', 'revoke', hash])).toMatchObject({
      status: 0,
      stdout: `Revoked agent (${hash}). Where it was in use, it opens for a minute more.\n`,
    });
    // It was not in use yet, so that nobody remembers it.
    expect(await ask()).toBe(401);
    expect((await run(['token', 'list'])).stdout).toMatch(/\nagent +[0-9a-f]{12} +revoked/);
  });

  it('status --public-key prints the key that verifies what agents get (rule 6.1)', async () => {
    const { status, stdout: pem } = await run(['status', '--public-key']);
    expect(status).toBe(0);
    const described = await run(['status', '--public-key', '--output', 'json']);
    const url = `${headlock.instance.apiUrl}/v1/repositories/playground/trusted-revision`;
    const created = await run(['token', 'create', '--name', 'pinned', '--repositories', 'playground']);
    const headers = { authorization: `Bearer ${/^hl_[\w-]+$/m.exec(created.stdout)?.[0]}` };
    await eventually(async () => {
      const published = (await (await fetch(url, { headers })).json()) as Publication;
      expect(JSON.parse(described.stdout)).toEqual({ keyId: published.keyId, publicKey: pem });
      const answer = await fetch(`${url}/attestation`, { headers });
      expect(answer.status).toBe(200);
      const { subject, predicate } = openEnvelope(await answer.text(), pem);
      expect(subject).toMatchObject([{ digest: { gitCommit: published.revision } }]);
      const { state, sequence } = published;
      expect(predicate).toMatchObject({ verificationResult: 'PASSED', [EXTENSION]: { state, sequence } });
    });
  });

  it('apply shows the difference, writes nothing with --dry-run, and has the branch decided anew', async () => {
    const bob = createSshKey('bob@example.com');
    await writeFile(join(folder, 'bob'), bob.privateKey, { mode: 0o600 });
    await git('-c', `user.signingkey=${join(folder, 'bob')}`, 'commit', '-q', '-S', '--allow-empty', '-m', 'By Bob');
    const byBob = await git('rev-parse', 'HEAD');
    await git('push', '-q', 'origin', 'main');
    await untilStatus({ state: 'Locked', lock: { reason: 'unknown_key', commit: byBob } });

    await appendFile(playground.policyFile, `      - name: Bob\n        ssh: "${bob.publicKey}"\n`);
    const dry = await run(['apply', '-f', playground.policyFile, '--dry-run']);
    expect(dry.stdout).toMatch(
      /^playground: changed\n {2}\+ signatory Bob\n {2}\+ signatory Bob: key SHA256:\S+ ssh-ed25519\nNothing was written/,
    );
    expect(await headlock.installation.policies.readPolicy('playground')).toMatchObject({ version: 1 });

    const applied = await run(['apply', '-f', playground.policyFile]);
    expect(applied).toMatchObject({ status: 0, stderr: '' });
    expect(applied.stdout).toContain('Applied: playground at version 2; 1 branch decided anew.');
    await untilStatus({ state: 'Trusted', revision: byBob, sequence: 3 });

    const again = await run(['apply', '-f', playground.policyFile, '--output', 'json']);
    expect(JSON.parse(again.stdout)).toEqual({
      dryRun: false,
      repositories: [
        { repository: 'playground', change: 'unchanged', differences: [], version: 2, branches: [], tags: false },
      ],
      warnings: [],
    });
  });

  it('apply names every mistake at once, and changes nothing', async () => {
    const text = await readFile(playground.policyFile, 'utf8');
    const broken = join(folder, 'broken.yaml');
    await writeFile(
      broken,
      text
        .replace('provider: github ', 'provider: githup ')
        .replace(/anchor: .*/, 'anchor: HEAD')
        .replace(/^ {8}ssh: "ssh-ed25519/m, '        ssh: "ssh-rot13'),
    );
    const { status, stdout, stderr } = await run(['apply', '-f', broken]);
    expect(stderr.trimEnd().split('\n')).toEqual([
      expect.stringMatching(
        /broken\.yaml:8: .*Write one of `github`, `gitlab`, `gitea`, `forgejo`, `bitbucket`, `generic`\.$/,
      ),
      expect.stringMatching(/broken\.yaml:12: .*`git rev-parse HEAD` prints one\.$/),
      expect.stringMatching(/broken\.yaml:20: The SSH public key .*ssh-keygen/),
    ]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(await headlock.installation.policies.readPolicy('playground')).toMatchObject({ version: 2 });
  });

  it('apply refuses a changed anchor, naming the unlock', async () => {
    const moved = join(folder, 'moved.yaml');
    const text = await readFile(playground.policyFile, 'utf8');
    await writeFile(moved, text.replace(/anchor: .*/, `anchor: ${'e'.repeat(40)}`));
    const { status, stderr } = await run(['apply', '-f', moved]);
    expect(stderr).toMatch(
      /moved\.yaml:12: The anchor of playground@main was .* `headlock unlock playground main --sequence 3 --to e{40}/,
    );
    expect(status).toBe(2);
  });

  it('a data folder that is not there ends with 2', async () => {
    const { status, stderr } = await runHeadlock(['status', '--data', join(folder, 'nowhere')]);
    expect(stderr).toMatch(/There is no data folder .*nowhere/);
    expect(status).toBe(2);
  });
});
