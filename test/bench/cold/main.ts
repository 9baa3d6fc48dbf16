import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { bundleFunctions } from '../../../infra/aws/bundle-function.ts';
import { FUNCTION_NAMES } from '../../../infra/aws/function-names.ts';
import type { Services } from '../../../infra/local/services/start-services.ts';
import { startTemporaryServices } from '../../support/temporary-services.ts';
import { median } from '../measure.ts';
import { bundleNaively } from './bundle-naively.ts';
import { createEnvironment } from './environment.ts';
import { FIRST_EVENTS } from './events.ts';
import { measurePolls, type PollTime } from './polls.ts';

const ROUNDS = 15;
const TABLE = 'cold';

/** What must not take longer than this part of the naive bundle's time. */
const MAX_RATIO = 0.6;
const HELD = new Set(['webhook', 'trusted-revision', 'verify']);

interface Candidate {
  readonly name: string;
  readonly file: string;
  readonly event: object;
  readonly staticBytes: number;
  readonly times: Measured[];
  /** With the code that a former run compiled on this machine. */
  readonly compiled: Measured[];
}

/** Milliseconds, of the clock and of the processor. */
interface Measured {
  readonly wall: number;
  readonly cpu: number;
}

const folder = await mkdtemp(join(tmpdir(), 'hl-cold-'));
const services = await startTemporaryServices();
try {
  await createTable(services);
  const candidates = await makeCandidates();
  // One after the other in each round: what else the machine does slows all of them.
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const candidate of candidates) {
      candidate.times.push(await measure(candidate));
      candidate.compiled.push(await measure(candidate, { NODE_COMPILE_CACHE: join(folder, 'compiled') }));
    }
  }
  report(candidates);
  reportPolls(await measurePolls(handlersOf(folder), TABLE, services));
} finally {
  await services.close();
  await rm(folder, { recursive: true, force: true });
}

async function createTable({ createTable }: Services): Promise<void> {
  const names = { pk: 'HASH', sk: 'RANGE' };
  await createTable({
    TableName: TABLE,
    AttributeDefinitions: Object.keys(names).map((name) => ({ AttributeName: name, AttributeType: 'S' })),
    KeySchema: Object.entries(names).map(([name, type]) => ({ AttributeName: name, KeyType: type })),
  });
}

async function makeCandidates(): Promise<readonly Candidate[]> {
  const naive = { name: 'naive', event: {}, times: [], compiled: [], ...(await bundleNaively(join(folder, 'naive'))) };
  const bundles = await bundleFunctions(folder);
  const functions = FUNCTION_NAMES.flatMap((name) => {
    const { folder: code, staticBytes } = bundles[name];
    const event = FIRST_EVENTS[name];
    return event === undefined
      ? []
      : [{ name, file: join(code, 'handler.mjs'), event, staticBytes, times: [], compiled: [] }];
  });
  return [naive, ...functions];
}

/** Loads the bundle and calls it until DynamoDB's first answer, in a process of its own. */
async function measure(
  { name, file, event }: Candidate,
  environment: Readonly<Record<string, string>> = {},
): Promise<Measured> {
  const script = join(import.meta.dirname, 'run-once.mjs');
  const { stdout } = await promisify(execFile)(process.execPath, [script, file, JSON.stringify(event)], {
    env: { ...createEnvironment(name, TABLE, services), ...environment },
  });
  return JSON.parse(stdout);
}

function report(candidates: readonly Candidate[]): void {
  const rows = candidates.map(({ name, times, compiled, staticBytes }) => {
    const [wall, cpu] = [median(times.map((time) => time.wall)), median(times.map((time) => time.cpu))];
    return { name, staticBytes, wall, cpu, cached: median(compiled.map((time) => time.wall)) };
  });
  const [naive] = rows;
  if (naive === undefined) throw new Error('Nothing was measured.');
  const lines = rows.map(({ name, staticBytes, wall, cpu, cached }) => {
    const ratio = wall / naive.wall;
    const limit = HELD.has(name) ? `${ratio <= MAX_RATIO ? 'within' : 'over'} ${MAX_RATIO}` : '';
    const kB = Math.round(staticBytes / 1000);
    return {
      name,
      kB,
      ms: Math.round(wall),
      ratio: round(ratio),
      limit,
      cpuMs: Math.round(cpu),
      cpuRatio: round(cpu / naive.cpu),
      compileCacheMs: Math.round(cached),
    };
  });
  console.log(
    `Load and first DynamoDB call in a fresh process: medians of ${ROUNDS}, and parts of the naive bundle's.`,
  );
  console.table(Object.fromEntries(lines.map(({ name, ...line }) => [name, line])));
  if (lines.some(({ limit }) => limit.startsWith('over'))) process.exitCode = 1;
}

function handlersOf(folder: string) {
  const [ours, naive] = ['trusted-revision', 'naive'].map((name) => join(folder, name, 'handler.mjs'));
  return { ours: String(ours), naive: String(naive) };
}

function reportPolls({ ours, naive }: Awaited<ReturnType<typeof measurePolls>>): void {
  const describe = ({ wall, cpu }: PollTime) => `${wall.toFixed(2)} ms, ${cpu.toFixed(2)} ms of them its processor's`;
  console.log(`A warm poll that is answered 304 takes ${describe(ours)}.`);
  console.log(`The same read by a naive function that does nothing else takes ${describe(naive)}.`);
}

function round(ratio: number): number {
  return Number(ratio.toFixed(2));
}
