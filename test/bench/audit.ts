import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createGitRepository, type GitRepository } from '../support/git-repository.ts';
import { sharedData } from '../support/shared-data.ts';
import { type BenchRow, compareTimes } from './measure.ts';
import { createSignedHistory } from './signed-history.ts';

const COMMITS = 100_000;
const LIMIT_MS = 30_000;
const LIMIT_MIB = 500;
const NONGUIX_LIMIT_MS = 1500;
const NONGUIX_TIP = 'caa8c0b4646b993537be13c9bc819b3df68ab9b2';
const HEADLOCK = join(import.meta.dirname, '..', '..', 'cli', 'headlock.mjs');
/** Tells the most memory that the process ever held: Linux counts that anew for each program, unlike `maxRSS`. */
const REPORT_MEMORY = `import { readFileSync } from 'node:fs';
process.on('exit', () => console.error(/VmHWM.*/.exec(readFileSync('/proc/self/status', 'utf8'))[0]));`;

/** `headlock audit` end to end, process start included, with its caches filled: time and memory beside their limits. */
export async function benchAudit(): Promise<readonly BenchRow[]> {
  const folder = await mkdtemp(join(tmpdir(), 'hl-b-'));
  try {
    return [...(await benchLong(folder)), ...(await benchNonguix(folder))];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function benchLong(folder: string): Promise<readonly BenchRow[]> {
  const keys = join(folder, 'keys');
  const repository = await createSignedHistory(keys, COMMITS);
  try {
    const { milliseconds, mebibytes, report } = await audit(folder, repository, keys);
    if (report.outcomes['first-seen'].verified !== COMMITS) throw new Error('Not all commits are proven.');
    return [
      compareTimes('audit 100,000 signed commits', milliseconds, 'limit', LIMIT_MS),
      {
        name: 'audit 100,000 signed commits, memory',
        ours: `${mebibytes} MiB`,
        peer: `limit ${LIMIT_MIB} MiB`,
        ratio: LIMIT_MIB / mebibytes,
      },
    ];
  } finally {
    await repository.remove();
  }
}

async function benchNonguix(folder: string): Promise<readonly BenchRow[]> {
  const data = sharedData('histories', 'nonguix');
  if (!existsSync(data)) {
    console.warn('Left out: ../shared/data is missing beside the checkout.');
    return [];
  }
  const repository = await createGitRepository({ bare: true });
  try {
    await repository.pipe(await readFile(join(data, 'commits.pack')), 'index-pack', '--stdin');
    await repository.run('update-ref', 'refs/heads/master', NONGUIX_TIP);
    await audit(folder, repository, join(data, 'keys'));
    const { milliseconds } = await audit(folder, repository, join(data, 'keys'));
    return [compareTimes('audit 2,662 commits of nonguix', milliseconds, 'limit', NONGUIX_LIMIT_MS)];
  } finally {
    await repository.remove();
  }
}

interface Measured {
  readonly milliseconds: number;
  readonly mebibytes: number;
  readonly report: { readonly outcomes: { readonly 'first-seen': { readonly verified: number } } };
}

async function audit(folder: string, repository: GitRepository, keys: string): Promise<Measured> {
  const preload = join(folder, 'report-memory.mjs');
  await writeFile(preload, REPORT_MEMORY);
  const started = performance.now();
  const args = ['--import', preload, HEADLOCK, 'audit', repository.path, '--keys', keys, '--output', 'json'];
  const child = spawn(process.execPath, args, {
    env: { PATH: process.env.PATH, LC_ALL: 'C', XDG_CACHE_HOME: join(folder, 'cache') },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr] = await Promise.all(
    [child.stdout, child.stderr].map(async (stream) => (await stream.setEncoding('utf8').toArray()).join('')),
  );
  const milliseconds = performance.now() - started;
  const [, kibibytes = ''] = /^VmHWM:\s+(\d+) kB$/m.exec(stderr ?? '') ?? [];
  if (kibibytes === '') throw new Error(`The audit says: ${stderr}`);
  return { milliseconds, mebibytes: Math.round(Number(kibibytes) / 1024), report: JSON.parse(stdout ?? '') };
}
