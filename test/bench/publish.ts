import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { parseOid } from '../../shared/model/oid.ts';
import { findFreePort } from '../support/free-port.ts';
import { cleanGitEnvironment } from '../support/git-repository.ts';
import { fetchNew, openBenchSource } from './fetch-once.ts';
import { type BenchRow, medianMs } from './measure.ts';

const PROJECT = join(import.meta.dirname, '..', '..');
const PUSHES = [
  { commits: 1, rounds: 50 },
  { commits: 100, rounds: 10 },
  { commits: 1_000, rounds: 4 },
] as const;

/** From the end of a push to the publication of its tip on the embedded stack, beside fetching the same commits alone. */
export async function benchPublish(): Promise<readonly BenchRow[]> {
  const folder = await mkdtemp(join(tmpdir(), 'hl-bp-'));
  const [data, port] = [join(folder, 'data'), await findFreePort()];
  const program = [join(PROJECT, 'cli', 'headlock.mjs'), 'start', '--data', data, '--port', String(port)];
  const instance = spawn(process.execPath, program, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(instance, 'exit');
  try {
    const token = await readToken(instance.stdout);
    return await measurePushes({ folder, data, origin: `http://127.0.0.1:${port}`, token });
  } finally {
    instance.kill('SIGINT');
    await ended;
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

interface World {
  readonly folder: string;
  readonly data: string;
  readonly origin: string;
  readonly token: string;
}

async function measurePushes({ folder, data, origin, token }: World): Promise<readonly BenchRow[]> {
  const url = `${origin}/playground/playground.git`;
  const git = await clone(folder, url, join(data, 'playground', 'keys', 'id_ed25519'));
  const rows: BenchRow[] = [];
  for (const { commits, rounds } of PUSHES) {
    const times: number[] = [];
    let before = '';
    for (let round = 0; round < rounds; round += 1) {
      before = await git('rev-parse', 'HEAD');
      for (let count = 0; count < commits; count += 1)
        await git('commit', '-qS', '--allow-empty', '-m', `Commit ${count}`);
      const tip = await git('rev-parse', 'HEAD');
      await git('push', '-q', 'origin', 'main');
      const start = performance.now();
      while ((await readRevision(origin, token)) !== tip) await delay(2);
      times.push(performance.now() - start);
    }
    const source = openBenchSource(url);
    const fetching = await medianMs(rounds, () => fetchNew(source, 'main', parseOid(before)));
    const sorted = times.toSorted((a, b) => a - b);
    const [p50, p99] = [sorted[rounds >> 1] ?? Number.NaN, sorted.at(-1) ?? Number.NaN];
    const name = `push ${commits.toLocaleString('en')} to published, p50 of ${rounds} (p99)`;
    const ours = `${p50.toFixed(0)} ms (${p99.toFixed(0)} ms)`;
    rows.push({ name, ours, peer: `fetch alone ${fetching.toFixed(0)} ms`, ratio: fetching / p50 });
  }
  return rows;
}

async function readToken(output: NodeJS.ReadableStream): Promise<string> {
  let banner = '';
  for await (const chunk of output) {
    banner += chunk.toString();
    if (banner.includes('Headlock is running')) break;
  }
  return /hl_[\w-]{43}/.exec(banner)?.[0] ?? '';
}

async function clone(folder: string, url: string, key: string): Promise<(...args: string[]) => Promise<string>> {
  const run = promisify(execFile);
  const path = join(folder, 'clone');
  const env = cleanGitEnvironment(folder);
  const git = async (...args: string[]) => (await run('git', args, { env })).stdout.trim();
  await git('clone', '-q', url, path);
  const identity = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.com'];
  const signing = [
    '-c',
    'gpg.format=ssh',
    '-c',
    `user.signingkey=${key}`,
    '-c',
    'gc.auto=0',
    '-c',
    'maintenance.auto=0',
  ];
  return (...args) => git('-C', path, ...identity, ...signing, ...args);
}

async function readRevision(origin: string, token: string): Promise<string> {
  const address = `${origin}/v1/repositories/playground/trusted-revision?branch=main`;
  const response = await fetch(address, { headers: { authorization: `Bearer ${token}` } });
  if (!response.ok) throw new Error(await response.text());
  return ((await response.json()) as { readonly revision: string }).revision;
}
