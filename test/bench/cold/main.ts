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
import { FIRST_EVENTS } from './events.ts';

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
  readonly times: number[];
}

const folder = await mkdtemp(join(tmpdir(), 'hl-cold-'));
const services = await startTemporaryServices();
try {
  await createTable(services);
  const candidates = await makeCandidates();
  // One after the other in each round: what else the machine does slows all of them.
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const { file, event, times } of candidates) times.push(await measure(file, event));
  }
  report(candidates);
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
  const naive = { name: 'naive', event: {}, times: [], ...(await bundleNaively(join(folder, 'naive'))) };
  const bundles = await bundleFunctions(folder);
  const functions = FUNCTION_NAMES.flatMap((name) => {
    const { folder: code, staticBytes } = bundles[name];
    const event = FIRST_EVENTS[name];
    return event === undefined ? [] : [{ name, file: join(code, 'handler.mjs'), event, staticBytes, times: [] }];
  });
  return [naive, ...functions];
}

/** Milliseconds from before the bundle is loaded to DynamoDB's first answer, in a process of its own. */
async function measure(file: string, event: object, environment: Record<string, string> = {}): Promise<number> {
  const { endpoint, region, credentials } = services;
  const script = join(import.meta.dirname, 'run-once.mjs');
  const { stdout } = await promisify(execFile)(process.execPath, [script, file, JSON.stringify(event)], {
    env: {
      AWS_ENDPOINT_URL: endpoint,
      AWS_REGION: region,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      AWS_LAMBDA_FUNCTION_NAME: 'cold',
      POWERTOOLS_LOG_LEVEL: 'SILENT',
      HEADLOCK_TABLE: TABLE,
      HEADLOCK_QUEUE_URL: `${endpoint}/000000000000/decisions.fifo`,
      HEADLOCK_STATUS_QUEUE_URL: `${endpoint}/000000000000/statuses.fifo`,
      HEADLOCK_SWEEP_QUEUE_URL: `${endpoint}/000000000000/sweep`,
      HEADLOCK_SWEEP_SECONDS: '300',
      HEADLOCK_RECHECK_SECONDS: '120',
      HEADLOCK_TOPIC_ARN: `arn:aws:sns:${region}:000000000000:alerts`,
      ...environment,
    },
  });
  return Number(stdout);
}

function report(candidates: readonly Candidate[]): void {
  const [naive] = candidates;
  const peer = median(naive?.times ?? []);
  const rows = candidates.map(({ name, times, staticBytes }) => {
    const ms = median(times);
    const verdict = !HELD.has(name) ? '' : ms / peer <= MAX_RATIO ? `≤ ${MAX_RATIO}` : `over ${MAX_RATIO}`;
    return [name, { kB: Math.round(staticBytes / 1000), ms: Math.round(ms), ratio: (ms / peer).toFixed(2), verdict }];
  });
  console.log(
    `Load and first DynamoDB call in a fresh process: medians of ${ROUNDS}, and parts of the naive bundle's.`,
  );
  console.table(Object.fromEntries(rows));
  if (JSON.stringify(rows).includes('over')) process.exitCode = 1;
}
