import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { type HeadlockRun, runHeadlock, spawnHeadlock } from '../support/run-headlock.ts';

const COMMAND = join(import.meta.dirname, '..', '..', 'cli', 'headlock.mjs');

interface Started {
  readonly event: 'started';
  readonly apiUrl: string;
  readonly policyFile: string;
  readonly playground: { readonly cloneUrl: string; readonly privateKeyFile: string; readonly token: string | null };
}

let folder: string;
let data: string;
let running: ChildProcess[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hl-start-'));
  data = join(folder, 'data');
  running = [];
});
afterEach(async () => {
  for (const child of running) {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  }
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

/** A process of its own, with the lines that it writes. */
function launch(args: readonly string[]): { readonly child: ChildProcess; readonly lines: AsyncIterator<string> } {
  const { PATH = '/usr/bin:/bin' } = process.env;
  const env = { PATH, HOME: folder, LC_ALL: 'C' };
  const child = spawn(process.execPath, [COMMAND, 'start', '--data', data, ...args], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  running.push(child);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return { child, lines };
}

async function start(
  args: readonly string[] = [],
): Promise<Started & { readonly child: ChildProcess; next(): Promise<string> }> {
  const { child, lines } = launch(['--port', '0', '--output', 'json', ...args]);
  const next = async (): Promise<string> => (await lines.next()).value ?? '';
  return { ...JSON.parse(await next()), child, next };
}

async function stop(child: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
  child.kill(signal);
  const [status] = await once(child, 'exit');
  return status;
}

const status = (): Promise<HeadlockRun> => runHeadlock(['status', '--data', data]);

describe('headlock start', () => {
  it('serves a playground with a token and tells of its first decision; SIGINT ends it with 0, and everything is kept', async () => {
    const first = await start();
    expect(first).toMatchObject({ event: 'started', playground: { token: expect.stringMatching(/^hl_/) } });
    expect(JSON.parse(await first.next())).toMatchObject({
      event: 'alert',
      metadata: { eventType: 'advanced' },
      content: { description: expect.stringMatching(/^playground@main is trusted at .* \(sequence 1\)\.$/) },
    });
    expect((await stat(first.playground.privateKeyFile)).mode & 0o777).toBe(0o600);
    expect(await stop(first.child, 'SIGINT')).toBe(0);
    // Nobody runs: the command opens the folder itself.
    expect(await status()).toMatchObject({ status: 0, stdout: expect.stringContaining('Trusted') });

    const second = await start();
    expect(second.playground.token).toBeNull();
    expect(second.apiUrl).not.toBe(first.apiUrl);
    expect(await readFile(second.policyFile, 'utf8')).toContain(`url: ${second.playground.cloneUrl}\n`);
    const authorization = `Bearer ${first.playground.token}`;
    const url = `${second.apiUrl}/v1/repositories/playground/trusted-revision`;
    expect(await (await fetch(url, { headers: { authorization } })).json()).toMatchObject({
      sequence: 1,
      revision: expect.any(String),
    });
    expect(await stop(second.child)).toBe(0);
  });

  it('shows a newcomer what to type, once', async () => {
    const { child, lines } = launch(['--port', '0']);
    let text = '';
    while (!text.includes('cannot be read again')) text += `${(await lines.next()).value}\n`;
    expect(text).toMatch(/^Headlock is running, .* Ctrl-C stops it\.\n/);
    expect(text).toMatch(/\n {2}git clone http:\/\/127\.0\.0\.1:\d+\/playground\/playground\.git && cd playground\n/);
    expect(text).toContain('git config user.name You');
    expect(text).toMatch(/\n {2}curl -i -H 'Authorization: Bearer hl_/);
    expect(text).toContain(`headlock apply -f ${join(data, 'playground', 'headlock.yaml')} --data ${data}`);
    expect(await stop(child)).toBe(0);
  });

  it('shows steps after which the next step of the lock, as it stands, unlocks the branch', async () => {
    const { child, lines } = launch(['--port', '0']);
    let text = '';
    while (!text.includes('cannot be read again')) text += `${(await lines.next()).value}\n`;
    const env = { ...process.env, HOME: folder, GIT_CONFIG_GLOBAL: '/dev/null', GIT_EDITOR: 'true' };
    const run = (script: string, cwd: string) => promisify(execFile)('sh', ['-ec', script], { cwd, env });
    const steps = [...text.matchAll(/^ {2}((?:git|echo) .*)$/gm)].map(([, step]) => step);
    await run(steps.join('\n'), folder);
    const branch = async () =>
      JSON.parse((await runHeadlock(['status', '--data', data, '--output', 'json'])).stdout).branches[0];
    const locked = await eventually(async () => {
      const found = await branch();
      expect(found).toMatchObject({ state: 'Locked', lock: { reason: 'unsigned' } });
      return found;
    });
    const commands = [...locked.lock.nextStep.matchAll(/`([^`]+)`/g)].map(([, command]) => command);
    await run(`${commands[0]}\n${commands.at(-1)}`, join(folder, 'playground'));
    await eventually(async () => expect(await branch()).toMatchObject({ state: 'Trusted', sequence: 3 }));
    expect(await stop(child)).toBe(0);
  });

  it('is refused a data folder that another process has, in one line', async () => {
    const { child } = await start();
    const refused = await spawnHeadlock(['start', '--port', '0', '--data', data]);
    expect(refused).toMatchObject({ status: 2, stdout: '', stderr: expect.stringContaining(`${data} is in use`) });
    expect(refused.stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(await stop(child)).toBe(0);
  });

  it('is refused a port that is in use, in one line', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const refused = await spawnHeadlock(['start', '--port', String(port), '--data', data]);
    server.close();
    expect(refused).toMatchObject({ status: 2, stdout: '', stderr: expect.stringContaining(`Port ${port} is in use`) });
    expect(refused.stderr.trimEnd().split('\n')).toHaveLength(1);
  });

  it('applies the policy that -f names, and says before it starts what is wrong with it', async () => {
    const playground = await start();
    const policy = join(folder, 'own.yaml');
    const text = await readFile(playground.policyFile, 'utf8');
    await stop(playground.child);
    await writeFile(policy, text.replace('- name: playground', '- name: own').replace(/webhook:.*/, ''));
    const own = await start(['-f', policy]);
    expect(own.playground).toBeNull();
    expect((await status()).stdout).toMatch(/\nown +main +/);
    expect((await status()).stdout).not.toContain('\nplayground');
    await stop(own.child);

    await writeFile(policy, text.replace('headlock/v1', 'headlock/v9'));
    const refused = await spawnHeadlock(['start', '--port', '0', '--data', data, '-f', policy]);
    expect(refused).toMatchObject({
      status: 2,
      stdout: '',
      stderr: `${policy}:3: apiVersion: Write \`apiVersion: headlock/v1\`.\n`,
    });
  });
});
