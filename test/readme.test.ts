import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PROJECT } from '../infra/local/connection.ts';
import { eventually } from './support/eventually.ts';
import { findFreePort } from './support/free-port.ts';
import { type GitHttpServer, startGitHttpServer } from './support/git-http-server.ts';
import { createGitRepository, type GitRepository } from './support/git-repository.ts';
import { createGpgKey, createSshKey, exportPublicKey, type GpgKey, type SshKeyPair } from './support/signing.ts';

const readme = await readFile(join(PROJECT, 'README.md'), 'utf8');
const blocksOf = (language: string) =>
  [...readme.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map(([, text = '']) => text);
const commands = blocksOf('sh');

let folder: string;
let port: number;
let repository: GitRepository;
let server: GitHttpServer;
let gpg: GpgKey;
let ssh: SshKeyPair;
let instance: ChildProcess;

/** The README's commands in a folder as it describes it, against `npm start`. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hl-readme-'));
  port = await findFreePort();
  [gpg, ssh, repository] = await Promise.all([createGpgKey(), createSshKey(), createGitRepository()]);
  const anchor = await repository.commit('Begin');
  await repository.run('config', 'gpg.format', 'ssh');
  await repository.run('config', 'user.signingkey', ssh.path);
  await repository.commit('Signed', { args: ['-S'] });
  server = await startGitHttpServer(repository.root, {
    credentials: { kind: 'basic', username: 'x-access-token', password: 'payments-token' },
  });

  await mkdir(join(folder, 'keys'));
  await writeFile(join(folder, 'keys', 'alice.asc'), await exportPublicKey(gpg));
  await mkdir(join(folder, 'path', 'to'), { recursive: true });
  await cp(repository.path, join(folder, 'path', 'to', 'clone'), { recursive: true });
  const [policy = ''] = blocksOf('yaml');
  const filled = policy
    .replace(/https:\/\/github\.com\/\S+/, `${server.url}/${repository.name}`)
    .replace(/anchor: \w+/, `anchor: ${anchor}`)
    .replace('ssh-ed25519 AAAA… bob', ssh.publicKey)
    .replace(/validUntil: \S+/, 'validUntil: 9999-12-31'); // The example's day comes.
  await writeFile(join(folder, 'headlock.yaml'), filled);

  instance = spawn('npm', ['start', '--silent', '--', '--data', join(folder, '.headlock'), '--port', String(port)], {
    cwd: PROJECT,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let banner = '';
  const running = Promise.withResolvers<void>();
  instance.once('exit', () => running.reject(new Error(`\`npm start\` says: ${banner}`)));
  instance.stdout?.on('data', (chunk: Buffer) => {
    banner += chunk.toString();
    if (banner.includes('Headlock is running')) running.resolve();
  });
  await running.promise;
});

afterAll(async () => {
  const ended = new Promise((resolve) => instance.once('exit', resolve));
  instance.kill('SIGTERM');
  await ended;
  await Promise.all([server.close(), repository.remove(), gpg.cleanup(), ssh.cleanup()]);
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

/** Runs a block as it stands, but for this folder's port and where `npx` finds the command. */
async function runBlock(block: string, input = '', env: Readonly<Record<string, string>> = {}): Promise<string> {
  const headlock = `${process.execPath} ${join(PROJECT, 'cli', 'headlock.mjs')}`;
  const script = block.replaceAll('npx headlock', headlock).replaceAll(':4400', `:${port}`);
  const run = promisify(execFile)('sh', ['-ec', script], {
    cwd: folder,
    env: { ...process.env, NO_COLOR: '1', ...env },
  });
  run.child.stdin?.end(input);
  return (await run).stdout;
}

function blockWith(text: string): string {
  const block = commands.find((each) => each.includes(text));
  if (block === undefined) throw new Error(`The README shows no command with "${text}".`);
  return block;
}

const lineWith = (text: string) =>
  blockWith(text)
    .split('\n')
    .find((line) => line.includes(text)) ?? '';

describe('the README', () => {
  it('starts and tests with two commands that the package and CI run as they stand', async () => {
    const { scripts } = JSON.parse(await readFile(join(PROJECT, 'package.json'), 'utf8'));
    expect(commands.slice(0, 2)).toEqual(['npm ci && npm start\n', 'npm ci && npm test\n']);
    expect(scripts).toMatchObject({
      start: 'exec node cli/headlock.mjs start',
      test: 'vitest run',
      demo: expect.any(String),
    });
    expect(await readFile(join(PROJECT, '.ci', 'run'), 'utf8')).toContain("'npm ci && npm test'");
  });

  it('shows how a clone is audited, and a first policy written that holds', async () => {
    expect(await runBlock(blockWith('headlock audit'))).toContain('2 commits (0 merges');
    expect(await runBlock(blockWith('headlock init'))).toContain('policy/headlock.yaml with 1 signatory');
    const check = 'npx headlock verify path/to/clone -f policy/headlock.yaml';
    expect(await runBlock(check)).toContain('1 commit verified');
  });

  it('shows a policy and a command by which a clone is checked', async () => {
    expect(await runBlock(blockWith('headlock verify'))).toContain('1 commit verified');
  });

  it('shows how secrets are stored, a policy is applied and its state read', async () => {
    await runBlock(lineWith('secret set payments-token'), 'payments-token\n');
    await runBlock(lineWith('secret set payments-webhook'), 'payments-webhook\n');
    expect(await runBlock(lineWith('headlock apply'))).toContain('payments-manifests');
    const tip = await repository.head();
    const status = await eventually(async () => {
      const shown = await runBlock(`${lineWith('headlock status')} || true`);
      expect(shown).toContain(`main@sha1:${tip.slice(0, 12)}`);
      return shown;
    });
    expect(status).toContain('Trusted');
  });

  it('shows how an agent gets a token and reads the trusted revision', async () => {
    const [create = '', curl = ''] = blockWith('token create').split('\n');
    const token = /hl_[\w-]{43}/.exec(await runBlock(create))?.[0] ?? '';
    const answer = JSON.parse(await runBlock(curl.replace('curl', 'curl -sS'), '', { TOKEN: token }));
    expect(answer).toMatchObject({
      repository: 'payments-manifests',
      state: 'Trusted',
      revision: await repository.head(),
    });
  });

  it('leaves no command out', () => {
    const run = ['npm ci', 'headlock audit', 'headlock init', 'headlock verify', 'secret set', 'token create'];
    expect(commands.filter((block) => !run.some((text) => block.includes(text)))).toEqual([]);
  });

  it('lists every command that the program has, and links to files that exist', async () => {
    const help = await runBlock('npx headlock --help');
    const listed = [...readme.matchAll(/^\| `headlock (\w+)/gm)].map(([, name]) => name);
    const known = [...help.matchAll(/^ {2}(\w+) {2,}|^ {2}(\w+) \[/gm)].map(
      ([, plain, withOptions]) => plain ?? withOptions,
    );
    expect(listed.toSorted()).toEqual(known.filter((name) => name !== 'help').toSorted());
    for (const [, path = ''] of readme.matchAll(/\]\(([\w./-]+)\)/g)) await readFile(join(PROJECT, path));
  });
});
