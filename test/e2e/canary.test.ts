import { subscribe } from 'node:diagnostics_channel';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type RunningHeadlock, startHeadlock } from '../../cli/operations/start-headlock.ts';
import { storeSecret } from '../../cli/operations/store-secret.ts';
import { PLAYGROUND } from '../../cli/playground/playground-policy.ts';
import { preparePlayground } from '../../cli/playground/prepare-playground.ts';
import { bundleFunctions } from '../../infra/aws/bundle-function.ts';
import { createHeadlockApp } from '../../infra/aws/headlock-app.ts';
import type { DecidedAccess } from '../../infra/local/iam/access-control.ts';
import { readAssembly } from '../../infra/local/runtime/assembly.ts';
import { listGrants, listUsedGrants } from '../permissions/grants.ts';
import { readPrincipals } from '../permissions/principals.ts';
import { eventually } from '../support/eventually.ts';
import { findFreePort } from '../support/free-port.ts';

const { PATH = '/usr/bin:/bin' } = process.env;
const CANARY = { repository: PLAYGROUND };

let folder: string;
let headlock: RunningHeadlock | null = null;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hl-canary-'));
});
afterAll(async () => {
  await headlock?.stop();
  await rm(folder, { recursive: true, force: true, maxRetries: 3 });
});

it('flies on the embedded stack, as it is deployed, by its schedule', async () => {
  const assembly = join(folder, 'assembly');
  const bundles = await bundleFunctions(join(folder, 'bundles'));
  const props = { outdir: assembly, context: { 'headlock:canary': CANARY }, builtinCloudFormationValidation: false };
  createHeadlockApp(bundles, props).synth();
  const dataFolder = join(folder, 'data');
  const port = await findFreePort();
  const start = async (): Promise<RunningHeadlock> => {
    headlock = await startHeadlock({ dataFolder, port, searchPath: PATH, assembly });
    return headlock;
  };
  const used = new Set<string>();
  subscribe('headlock:access', (message) => {
    const access = message as DecidedAccess;
    if (access.principal === 'canary' && access.decision === 'allowed') {
      for (const grant of listUsedGrants(access)) used.add(grant);
    }
  });
  const readLog = () => readFile(join(dataFolder, 'logs', 'canary.log'), 'utf8');

  // Nothing is guarded yet, and the log says what is to be done.
  const first = await start();
  await eventually(async () => expect(await readLog()).toContain('headlock secret set canary-key --purpose canary'));
  const { privateKeyFile } = await preparePlayground(first, PATH);
  const key = await readFile(privateKeyFile);
  const secrets = { 'canary-key': key, 'canary-push': Buffer.from('whoever') };
  for (const [name, value] of Object.entries(secrets)) {
    await storeSecret({ name, purpose: 'canary', value, add: false, now: new Date() }, first.installation);
  }
  const ref = { repository: PLAYGROUND, branch: 'main' };
  await eventually(async () => expect(await first.installation.branches.read(ref)).toMatchObject({ sequence: 1 }));
  await first.stop();

  const second = await start();
  await eventually(async () => expect(await readLog()).toContain('The canary lives.'));
  expect(await second.installation.branches.read(ref)).toMatchObject({ sequence: 2, lock: null });
  const events = await second.installation.history.pageEvents(ref, { limit: 50 });
  expect(events.map(({ kind }) => kind)).toContain('locked');

  // The whole run of tests judges the functions that are always there (test/permissions): this one is judged here.
  const statements = readPrincipals(await readAssembly(assembly)).get('canary') ?? [];
  const granted = listGrants('canary', statements);
  expect(granted.length).toBeGreaterThan(5);
  expect(granted.filter((grant) => !used.has(grant))).toEqual([]);
});
