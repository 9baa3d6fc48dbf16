import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { stringify } from 'yaml';
import { findFreePort } from '../support/free-port.ts';
import { startGitHttpServer } from '../support/git-http-server.ts';
import { spawnHeadlock } from '../support/run-headlock.ts';
import type { BenchRow } from './measure.ts';
import { createSignedHistory, SIGNERS } from './signed-history.ts';

/** A step records 25,000 verdicts, and a function may take two minutes (architecture, part 1). */
const RANGES = [
  { commits: 10_000, steps: 1 },
  { commits: 82_000, steps: 4 },
] as const;
const STEP_SECONDS = 120;
const LIMIT_MEBIBYTES = 1769;
const HEADLOCK = join(import.meta.dirname, '..', '..', 'cli', 'headlock.mjs');

/** The first decision on a branch whose anchor lies many signed commits back, on the embedded stack: worked in steps, published at the end. */
export async function benchFirstConnection(): Promise<readonly BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const { commits, steps } of RANGES) rows.push(...(await benchRange(commits, steps)));
  return rows;
}

async function benchRange(commits: number, steps: number): Promise<readonly BenchRow[]> {
  const folder = await mkdtemp(join(tmpdir(), 'hl-bc-'));
  const keys = join(folder, 'keys');
  const repository = await createSignedHistory(keys, commits);
  const server = await startGitHttpServer(repository.root);
  const [data, port] = [join(folder, 'data'), await findFreePort()];
  const anchor = (await repository.run('rev-list', '--max-parents=0', 'main')).trim();
  const policy = join(folder, 'headlock.yaml');
  await writeFile(policy, await describePolicy(keys, `${server.url}/${repository.name}`, anchor));
  const args = [HEADLOCK, 'start', '--data', data, '--port', String(port), '-f', policy];
  const started = performance.now();
  const instance = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  const ended = once(instance, 'exit');
  try {
    const sequences = new Set<number>();
    for (;;) {
      await delay(500);
      const { stdout } = await spawnHeadlock(['status', '--data', data, '--output', 'json']);
      const [branch] = parseBranches(stdout);
      if (branch === undefined) continue;
      sequences.add(branch.sequence);
      if (branch.state !== 'Pending') {
        if (branch.revision !== (await repository.head('main'))) throw new Error(stdout);
        break;
      }
    }
    const seconds = (performance.now() - started) / 1000;
    if ([...sequences].join() !== '0,1') throw new Error(`Published in between: ${[...sequences].join()}`);
    const [, peak = ''] = /VmHWM:\s+(\d+) kB/.exec(await readFile(`/proc/${instance.pid}/status`, 'utf8')) ?? [];
    const name = `first connection, ${commits.toLocaleString('en')} commits`;
    const mebibytes = Number(peak) / 1024;
    return [
      {
        name,
        ours: `${seconds.toFixed(0)} s`,
        peer: `${steps} x ${STEP_SECONDS} s`,
        ratio: (steps * STEP_SECONDS) / seconds,
      },
      {
        name: `${name}, memory of the whole stack`,
        ours: `${mebibytes.toFixed(0)} MiB`,
        peer: `one function ${LIMIT_MEBIBYTES} MB`,
        ratio: LIMIT_MEBIBYTES / mebibytes,
      },
    ];
  } finally {
    instance.kill('SIGINT');
    await ended;
    await server.close();
    await repository.remove();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

interface BranchStatus {
  readonly state: string;
  readonly revision: string | null;
  readonly sequence: number;
}

function parseBranches(stdout: string): readonly BranchStatus[] {
  try {
    return JSON.parse(stdout).branches;
  } catch {
    return [];
  }
}

async function describePolicy(keys: string, url: string, anchor: string): Promise<string> {
  const signatories = await Promise.all(
    Array.from({ length: SIGNERS }, async (_, n) => ({
      name: `Signer ${n}`,
      openpgp: join(keys, `signer${n}.gpg`),
      ssh: (await readFile(join(keys, `signer${n}.pub`), 'utf8')).trim(),
    })),
  );
  const branches = [{ name: 'main', anchor, keyTime: 'signature' }];
  const repositories = [{ name: 'large', url, provider: 'generic', branches, signatories }];
  return stringify({ apiVersion: 'headlock/v1', verifier: 'https://headlock.example.com/bench', repositories });
}
