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
});
