import { readFileSync } from 'node:fs';
import { createHttpSource } from '../../shared/git/http-source.ts';
import { DEFAULT_BRANCH_LIMITS } from '../../shared/model/limits.ts';
import { type Oid, parseOid } from '../../shared/model/oid.ts';

/** What one process needs for one fetch. */
export interface FetchCost {
  readonly commits: number;
  /** From the first line that runs on; what Node takes to start and to load its modules is not counted. */
  readonly milliseconds: number;
  /** The most memory that was resident, in MiB. */
  readonly peak: number;
}

export function openBenchSource(url: string) {
  return createHttpSource({
    url,
    credentials: null,
    limits: DEFAULT_BRANCH_LIMITS,
    timeoutMs: 120_000,
    userAgent: 'headlock/0.1.0',
  });
}

/** Finds the tip and fetches what is new since `have`. @returns how many commits came */
export async function fetchNew(source: ReturnType<typeof openBenchSource>, branch: string, have: Oid | null) {
  const tip = await source.readTip(branch);
  if (tip.kind !== 'tip') throw new Error(JSON.stringify(tip));
  const fetched = await source.fetchCommits({ want: tip.oid, have });
  if (fetched.kind !== 'commits') throw new Error(JSON.stringify(fetched));
  return fetched.commits.size;
}

if (import.meta.main) {
  const [url = '', branch = '', have = ''] = process.argv.slice(2);
  const start = performance.now();
  const commits = await fetchNew(openBenchSource(url), branch, have === '' ? null : parseOid(have));
  const milliseconds = performance.now() - start;
  const [, peak] = /VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  const cost: FetchCost = { commits, milliseconds, peak: Number(peak) / 1024 };
  process.stdout.write(JSON.stringify(cost));
  process.exit();
}
