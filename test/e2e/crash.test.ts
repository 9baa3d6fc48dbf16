import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openConnection, PROJECT } from '../../infra/local/connection.ts';
import { startServices } from '../../infra/local/services/start-services.ts';
import { createDynamoBranchStore } from '../../shared/store/dynamo-branch-store.ts';
import { createDynamoHistoryStore } from '../../shared/store/dynamo-history-store.ts';
import { eventually } from '../support/eventually.ts';
import { findFreePort } from '../support/free-port.ts';
import { cleanGitEnvironment } from '../support/git-repository.ts';
import { spawnHeadlock } from '../support/run-headlock.ts';

const REF = { repository: 'playground', branch: 'main' };

let folder: string;
let data: string;
let port: number;
let child: ChildProcess | null = null;
let banner = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hl-crash-'));
  data = join(folder, 'data');
  port = await findFreePort();
});
afterEach(async () => {
  await kill();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

describe('headlock start', () => {
  it('loses nothing where it is killed in the middle of ten pushes, twice', { timeout: 600_000 }, async () => {
    await start();
    const token = /hl_[\w-]{43}/.exec(banner)?.[0] ?? '';
    const git = await clonePlayground();
    const published: number[] = [];
    const poll = async () => {
      const { sequence } = await readPublication(token);
      published.push(sequence);
    };

    let tip = '';
    for (let n = 1; n <= 10; n += 1) {
      const isSigned = n !== 5;
      await git('commit', '-q', '--allow-empty', '-m', `Push ${n}`, ...(isSigned ? ['-S'] : ['--no-gpg-sign']));
      if (n === 6) {
        // The unsigned commit is replaced, so that the branch can go on.
        await git('reset', '-q', '--soft', 'HEAD~2');
        await git('commit', '-q', '--allow-empty', '-S', '-m', 'Push 5 and 6, signed');
      }
      tip = await git('rev-parse', 'HEAD');
      if (n === 3 || n === 8) {
        // Wherever the push is by then: it may have been told, be under way, or not have begun.
        const pushed = git('push', '-q', '--force', 'origin', 'main').catch(() => 'cut off');
        await delay(n * 25);
        await kill();
        await pushed;
        await start();
      } else await poll();
      await git('push', '-q', '--force', 'origin', 'main');
      if (n === 5)
        await eventually(async () =>
          expect(await readPublication(token)).toMatchObject({ lock: { reason: 'unsigned' } }),
        );
    }
    const last = { state: 'Trusted', revision: tip, lock: null };
    await eventually(async () => expect(await readPublication(token)).toMatchObject(last));
    await poll();
    await stop();

    const { revisions, events, alerts, state } = await readRecords();
    expect(state).toMatchObject({ trusted: { oid: tip }, due: [] });
    expect(revisions.map(({ sequence }) => sequence)).toEqual(revisions.map((_, index) => index + 1));
    expect(revisions.at(-1)).toMatchObject({ sequence: state?.sequence, revision: tip });
    for (const [index, { previous }] of revisions.entries())
      expect(previous).toBe(revisions[index - 1]?.revision ?? null);
    // What an agent once read as published is in the record.
    expect(Math.max(...published)).toBeLessThanOrEqual(revisions.length);
    expect(published).toEqual(published.toSorted((a, b) => a - b));
    for (const kind of ['advanced', 'locked', 'unlocked'] as const) {
      expect([kind, [...alerts.values()].filter((event) => event === kind)]).toEqual([
        kind,
        events.filter((event) => event === kind),
      ]);
    }
    expect(events.filter((kind) => kind === 'advanced')).toHaveLength(revisions.length);
    expect(events).toContain('locked');
  });

  it('refuses a data folder and a port that are in use, each with one line', async () => {
    await start();
    const second = await spawnHeadlock(['start', '--data', data, '--port', '0']);
    expect(second).toMatchObject({ status: 2, stdout: '' });
    expect(second.stderr.trim().split('\n')).toHaveLength(1);
    expect(second.stderr).toContain(data);
    const other = await spawnHeadlock(['start', '--data', join(folder, 'other'), '--port', String(port)]);
    expect(other.status).toBe(2);
    expect(other.stderr.trim().split('\n')).toHaveLength(1);
    expect(other.stderr).toContain(String(port));
    await stop();
  });
});

async function start(): Promise<void> {
  banner = '';
  const program = [join(PROJECT, 'cli', 'headlock.mjs'), 'start', '--data', data, '--port', String(port)];
  const running = Promise.withResolvers<void>();
  child = spawn(process.execPath, program, { stdio: ['ignore', 'pipe', 'inherit'] });
  child.once('exit', () => running.reject(new Error('The instance ended.')));
  child.stdout?.on('data', (chunk: Buffer) => {
    banner += chunk.toString();
    if (banner.includes('Headlock is running')) running.resolve();
  });
  await running.promise;
}

async function kill(): Promise<void> {
  if (child === null || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

async function stop(): Promise<void> {
  const ended = new Promise((resolve) => child?.once('exit', resolve));
  child?.kill('SIGINT');
  expect(await ended).toBe(0);
}

async function clonePlayground(): Promise<(...args: string[]) => Promise<string>> {
  const clone = join(folder, 'clone');
  const env = cleanGitEnvironment(folder);
  const run = promisify(execFile);
  const git = async (...args: string[]) => (await run('git', args, { env })).stdout.trim();
  await git('clone', '-q', `http://127.0.0.1:${port}/playground/playground.git`, clone);
  const inClone = (...args: string[]) => git('-C', clone, ...args);
  const settings = {
    'user.name': 'Ada',
    'user.email': 'ada@example.com',
    'gpg.format': 'ssh',
    'user.signingkey': join(data, 'playground', 'keys', 'id_ed25519'),
  };
  for (const [name, value] of Object.entries(settings)) await inClone('config', name, value);
  return inClone;
}

async function readPublication(
  token: string,
): Promise<{ sequence: number; revision: string; lock: { reason: string } | null }> {
  const address = `http://127.0.0.1:${port}/v1/repositories/playground/trusted-revision?branch=main`;
  const response = await fetch(address, { headers: { authorization: `Bearer ${token}` } });
  if (!response.ok) throw new Error(await response.text());
  return (await response.json()) as { sequence: number; revision: string; lock: { reason: string } | null };
}

/** What the data folder holds once nobody runs on it. */
async function readRecords() {
  const { tableName, topicArn, close } = await openConnection(data);
  await close();
  const services = await startServices({ folder: data });
  const { endpoint, region, credentials } = services;
  const client = new DynamoDBClient({ endpoint, region, credentials });
  const history = createDynamoHistoryStore(client, tableName);
  const records = {
    state: await createDynamoBranchStore(client, tableName).read(REF),
    revisions: await history.listRevisions(REF),
    events: (await history.listEvents(REF)).map(({ kind }) => kind),
    // Delivered at least once: the same alert has the same id.
    alerts: new Map(
      services.listMessages(topicArn).map(({ message, attributes }) => [JSON.parse(message).id, attributes.event]),
    ),
  };
  client.destroy();
  await services.close();
  return records;
}
