import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Oid } from '../../shared/model/oid.ts';
import { createGitRepository, type GitRepository } from '../support/git-repository.ts';
import { sharedData } from '../support/shared-data.ts';
import { createGpgHome, type GpgHome } from '../support/signing.ts';
import { type BenchRow, compareTimes } from './measure.ts';
import { createMixedHistory } from './mixed-history.ts';

const MIXED_COMMITS = 2_200;
const NONGUIX = {
  anchor: '897c1a470da759236cc11798f4e0a5f7d4d59fbc' as Oid,
  tip: 'caa8c0b4646b993537be13c9bc819b3df68ab9b2' as Oid,
  commits: 2_177,
};
const ROUNDS = 3;
const RUNS_A_ROUND = 3;
const HEADLOCK = join(import.meta.dirname, '..', '..', 'cli', 'headlock.mjs');

/**
 * `headlock verify` end to end, process start included, with its caches of compiled code and keys filled; beside git with gpg
 * and ssh-keygen on the same commits.
 */
export async function benchHistories(): Promise<readonly BenchRow[]> {
  return [...(await inWorld(benchMixed)), ...(await inWorld(benchNonguix))];
}

interface World {
  readonly folder: string;
  readonly repository: GitRepository;
  readonly home: GpgHome;
}

async function inWorld(bench: (world: World) => Promise<readonly BenchRow[]>): Promise<readonly BenchRow[]> {
  const [folder, home] = await Promise.all([mkdtemp(join(tmpdir(), 'hl-b-')), createGpgHome()]);
  const repository = await createGitRepository({ bare: true, env: home.env });
  try {
    return await bench({ folder, repository, home });
  } finally {
    await Promise.all([home.cleanup(), repository.remove(), rm(folder, { recursive: true, force: true })]);
  }
}

async function benchMixed(world: World): Promise<readonly BenchRow[]> {
  const { folder, repository, home } = world;
  const { anchor, tip, signatories } = await createMixedHistory(repository, home, join(folder, 'keys'), MIXED_COMMITS);
  const policy = { anchor, settings: '', signatories };
  const times = await compareWithGit(world, 'main', anchor, tip, policy);
  if (times.good !== MIXED_COMMITS) throw new Error(`git finds ${times.good} good signatures.`);
  return [compareTimes('verify 2,200 mixed commits', times.ours, 'git log --format=%G?', times.theirs)];
}

async function benchNonguix(world: World): Promise<readonly BenchRow[]> {
  const data = sharedData('histories', 'nonguix');
  if (!existsSync(data)) {
    console.warn('Left out: ../shared/data is missing beside the checkout.');
    return [];
  }
  const { repository, home } = world;
  const { anchor, tip } = NONGUIX;
  await repository.pipe(await readFile(join(data, 'commits.pack')), 'index-pack', '--stdin');
  await repository.run('update-ref', 'refs/heads/master', tip);
  const keys = join(data, 'keys');
  // gpg refuses a file of damaged armor; the keys of the others are enough for the same work.
  for (const key of await readdir(keys)) await home.gpg(['--import', join(keys, key)]).catch(() => {});
  const policy = { anchor, settings: ', keyTime: ignore', signatories: [`{ name: Nonguix, openpgp: ${keys} }`] };
  const times = await compareWithGit(world, 'master', anchor, tip, policy);
  return [compareTimes('verify 2,177 commits of nonguix', times.ours, 'git log --format=%G?', times.theirs)];
}

interface BenchPolicy {
  readonly anchor: Oid;
  /** More of the branch. */
  readonly settings: string;
  readonly signatories: readonly string[];
}

/** Medians of runs that take turns, in milliseconds. */
async function compareWithGit(
  { folder, repository }: World,
  branch: string,
  anchor: Oid,
  tip: Oid,
  policy: BenchPolicy,
): Promise<{ readonly ours: number; readonly theirs: number; readonly good: number }> {
  const file = join(folder, 'headlock.yaml');
  await writeFile(file, writePolicy(repository.path, branch, policy));
  const env = { PATH: process.env.PATH, LC_ALL: 'C', XDG_CACHE_HOME: join(folder, 'cache') };
  const run = (program: string, args: readonly string[], options: object): string =>
    execFileSync(program, [...args], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      maxBuffer: 2 ** 26,
      ...options,
    });
  const verify = () => run(process.execPath, [HEADLOCK, 'verify', repository.path, '-f', file], { env });
  const log = () =>
    run('git', ['log', '--format=%H %G?', `${anchor}..${tip}`], { env: repository.env, cwd: repository.path });
  verify();
  verify();
  const [ours, theirs]: [number[], number[]] = [[], []];
  let listed = '';
  for (let round = 0; round < ROUNDS; round += 1) {
    for (let n = 0; n < RUNS_A_ROUND; n += 1) ours.push(timeOf(verify));
    theirs.push(
      timeOf(() => {
        listed = log();
      }),
    );
  }
  return {
    ours: median(ours),
    theirs: median(theirs),
    good: listed.split('\n').filter((line) => line.endsWith(' G')).length,
  };
}

function timeOf(run: () => void): number {
  const start = performance.now();
  run();
  return performance.now() - start;
}

function median(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? Number.NaN;
}

function writePolicy(repository: string, branch: string, { anchor, settings, signatories }: BenchPolicy): string {
  return `apiVersion: headlock/v1
verifier: https://headlock.example.com/bench
repositories:
  - name: bench
    url: file://${repository}
    provider: generic
    branches: [{ name: ${branch}, anchor: ${anchor}${settings} }]
    signatories:
${signatories.map((signatory) => `      - ${signatory}\n`).join('')}`;
}
