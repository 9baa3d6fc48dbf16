import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** What the process of a test writes to the file of its run. */
export type RecordedLine = { readonly used: string } | { readonly denied: string };

export interface RunRecord {
  readonly used: ReadonlySet<string>;
  readonly denied: readonly string[];
}

/** Names the file of the run to the processes of the tests. */
export const RECORD_VARIABLE = 'HEADLOCK_ACCESS_RECORD';

const FOLDER = join(import.meta.dirname, '..', '..', 'node_modules', '.cache', 'headlock-tests');

/** Of the run that this process leads: several may run in one checkout. */
export const RUN_FILE = join(FOLDER, `access-${process.pid}.jsonl`);

/** Of the latest whole run. */
export const LATEST_FILE = join(FOLDER, 'access.jsonl');

/** Of the latest run that was none. */
const PARTIAL_FILE = join(FOLDER, 'access-partial.jsonl');

export function beginRecord(): void {
  mkdirSync(dirname(RUN_FILE), { recursive: true });
  writeFileSync(RUN_FILE, '');
}

export function endRecord(isWhole: boolean): void {
  renameSync(RUN_FILE, isWhole ? LATEST_FILE : PARTIAL_FILE);
}

export function readRecord(path: string): RunRecord {
  const lines = readFileSync(path, 'utf8').split('\n').filter(Boolean);
  const parsed = lines.map((line): RecordedLine => JSON.parse(line));
  return {
    used: new Set(parsed.flatMap((line) => ('used' in line ? [line.used] : []))),
    denied: [...new Set(parsed.flatMap((line) => ('denied' in line ? [line.denied] : [])))].sort(),
  };
}
