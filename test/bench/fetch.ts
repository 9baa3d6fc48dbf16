import { execFileSync } from 'node:child_process';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { build } from 'esbuild';
import { lazyBuiltinModules } from '../../infra/aws/lazy-builtin-modules.ts';
import { type Oid, parseOid } from '../../shared/model/oid.ts';
import { cleanGitEnvironment, createGitRepository } from '../support/git-repository.ts';
import { startGitServerProcess } from '../support/git-server-process.ts';
import { type FetchCost, fetchNew, openBenchSource } from './fetch-once.ts';
import { createLargeHistory } from './large-history.ts';
import { type BenchRow, compareTimes, median, medianMs } from './measure.ts';

const SIZES = [1, 100, 1_000, 10_000, Number.POSITIVE_INFINITY] as const;
const ROUNDS = 7;
const MAX_MEMORY = [
  [1_000, 128],
  [Number.POSITIVE_INFINITY, 320],
] as const;

/**
 * Fetches what is new beside `git fetch --filter=tree:0`, from the same server: in a process that has asked it before, and in
 * one of its own, less what Node takes to start. `BENCH_REPO` names another bare repository, of which HEAD's branch is fetched.
 */
export async function benchFetch(): Promise<readonly BenchRow[]> {
  const given = process.env.BENCH_REPO;
  const folder = await mkdtemp(join(tmpdir(), 'hl-bf-'));
  const made = given === undefined ? await createGitRepository({ bare: true }) : null;
  if (made !== null) await createLargeHistory(made);
  const path = made?.path ?? resolve(given ?? '');
  const server = await startGitServerProcess(dirname(path));
  try {
    return await benchSizes({ folder, path, url: `${server.url}/${basename(path)}` });
  } finally {
    await server.close();
    await made?.remove();
    await rm(folder, { recursive: true, force: true });
  }
}

interface World {
  readonly folder: string;
  readonly path: string;
  readonly url: string;
}

async function benchSizes(world: World): Promise<readonly BenchRow[]> {
  const { folder, path } = world;
  const branch = git(path, 'symbolic-ref', '--short', 'HEAD');
  const chain = git(path, 'rev-list', '--first-parent', branch).split('\n').map(parseOid);
  const outfile = join(folder, 'fetch-once.mjs');
  const entryPoints = [join(import.meta.dirname, 'fetch-once.ts')];
  await build({
    entryPoints,
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    minify: true,
    plugins: [lazyBuiltinModules],
  });
  const rows: BenchRow[] = [];
  for (const size of SIZES) rows.push(...(await benchSize(world, branch, chain, size, outfile)));
  return rows;
}

async function benchSize(
  { folder, path, url }: World,
  branch: string,
  chain: readonly Oid[],
  size: number,
  outfile: string,
): Promise<readonly BenchRow[]> {
  const have = findBase(path, chain, size);
  const rounds = size > 10_000 ? 3 : ROUNDS;
  const source = openBenchSource(url);
  const count = await fetchNew(source, branch, have);
  const warm = await medianMs(rounds, () => fetchNew(source, branch, have));
  const costs = Array.from({ length: rounds }, (): FetchCost => {
    return JSON.parse(execFileSync(process.execPath, [outfile, url, branch, have ?? ''], { encoding: 'utf8' }));
  });
  if (costs.some(({ commits }) => commits !== count)) throw new Error(`Not all find ${count} commits.`);
  const [cold, peak] = [median(costs.map(({ milliseconds }) => milliseconds)), median(costs.map((cost) => cost.peak))];
  const theirs = await timeGit(folder, url, branch, have, rounds);
  const name = `fetch ${count.toLocaleString('en')} commits`;
  const rows = [
    compareTimes(`${name}, warm`, warm, 'git fetch', theirs),
    compareTimes(`${name}, cold`, cold, '1.2 x git fetch', 1.2 * theirs),
  ];
  const [, most] = MAX_MEMORY.find(([upTo]) => size <= upTo) ?? [0, 320];
  const memory = {
    name: `${name}, memory`,
    ours: `${peak.toFixed(0)} MiB`,
    peer: `${most} MB`,
    ratio: most / peak,
  };
  return size === 1_000 || size > 10_000 ? [...rows, memory] : rows;
}

/** The commit of the chain that has about `size` new commits on top of it. */
function findBase(path: string, [tip, ...chain]: readonly Oid[], size: number): Oid | null {
  if (size === Number.POSITIVE_INFINITY) return null;
  const countSince = (oid: Oid | undefined) => Number(git(path, 'rev-list', '--count', `${oid}..${tip}`));
  let [low, high] = [0, Math.min(chain.length - 1, size)];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (countSince(chain[middle]) < size) low = middle + 1;
    else high = middle;
  }
  return chain[low] ?? null;
}

/** The median of `git fetch` into a bare repository that has all up to `have`; of all commits, of `git clone`. */
async function timeGit(folder: string, url: string, branch: string, have: Oid | null, rounds: number): Promise<number> {
  const [base, client] = [join(folder, 'base'), join(folder, 'client')];
  const refspec = `+refs/heads/${branch}:refs/heads/${branch}`;
  git(folder, 'init', '--quiet', '--bare', base);
  if (have !== null) git(base, 'fetch', '--quiet', '--no-tags', '--filter=tree:0', url, `${have}:refs/heads/base`);
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    await cp(base, client, { recursive: true });
    const start = performance.now();
    git(client, 'fetch', '--quiet', '--no-tags', '--filter=tree:0', url, refspec);
    times.push(performance.now() - start);
    await rm(client, { recursive: true });
  }
  await rm(base, { recursive: true });
  return median(times);
}

function git(path: string, ...args: readonly string[]): string {
  const settings = ['-c', 'gc.auto=0', '-c', 'maintenance.auto=false'];
  const options = { cwd: path, env: cleanGitEnvironment(tmpdir()), encoding: 'utf8', maxBuffer: 2 ** 30 } as const;
  return execFileSync('git', [...settings, ...args], options).trim();
}
