import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type RunningHeadlock, startHeadlock } from '../../cli/operations/start-headlock.ts';
import { PLAYGROUND } from '../../cli/playground/playground-policy.ts';
import { preparePlayground } from '../../cli/playground/prepare-playground.ts';
import { eventually } from '../support/eventually.ts';
import { findFreePort } from '../support/free-port.ts';
import { cleanGitEnvironment } from '../support/git-repository.ts';

const { PATH = '/usr/bin:/bin' } = process.env;
const REF = { repository: PLAYGROUND, branch: 'main' };

let folder: string;
let headlock: RunningHeadlock | null;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hl-sweep-'));
  headlock = null;
});
afterEach(async () => {
  await headlock?.stop();
  await rm(folder, { recursive: true, force: true, maxRetries: 3 });
});

// Trust rule 5.2, on the embedded stack: the schedule, both queues and functions as they are deployed.
it('publishes a push that no webhook told of after a sweep, which has only that branch decided', async () => {
  const dataFolder = join(folder, 'data');
  const port = await findFreePort();
  const start = async (): Promise<RunningHeadlock> => {
    headlock = await startHeadlock({ dataFolder, port, searchPath: PATH });
    return headlock;
  };
  const first = await start();
  const { privateKeyFile } = await preparePlayground(first, PATH);
  const readMain = ({ installation }: RunningHeadlock) => installation.branches.read(REF);
  // To its end: what is owed would be decided without asking the forge.
  const whole = { sequence: 1, due: [], statement: { isSigned: true } };
  await eventually(async () => expect(await readMain(first)).toMatchObject(whole));
  await first.stop();

  // By path: the playground's server sends no webhook.
  const run = promisify(execFile);
  const clone = join(folder, 'clone');
  const repository = join(first.instance.playgroundFolder, `${PLAYGROUND}.git`);
  const person = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.com'];
  const key = ['-c', 'gpg.format=ssh', '-c', `user.signingkey=${privateKeyFile}`];
  const git = async (...args: string[]) =>
    (await run('git', [...person, ...key, ...args], { env: cleanGitEnvironment(folder) })).stdout.trim();
  await git('clone', '-q', repository, clone);
  await git('-C', clone, 'commit', '-q', '-S', '--allow-empty', '-m', 'Nobody told');
  await git('-C', clone, 'push', '-q', 'origin', 'main');
  const tip = await git('-C', clone, 'rev-parse', 'HEAD');

  const second = await start();
  await eventually(async () =>
    expect(await readMain(second)).toMatchObject({ trusted: { oid: tip }, sequence: 2, lock: null, due: [] }),
  );
  await eventually(async () => {
    const log = await readFile(join(dataFolder, 'logs', 'compare-refs.log'), 'utf8');
    const swept = log.split('\n').filter((line) => line.includes('"Swept."'));
    expect(JSON.parse(swept.at(-1) ?? '{}')).toMatchObject({ repository: PLAYGROUND, forge: 'refs', hints: 1 });
  });
});
