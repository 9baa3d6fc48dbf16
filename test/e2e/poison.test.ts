import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { applyPolicy } from '../../cli/operations/apply-policy.ts';
import type { Installation } from '../../cli/operations/installation.ts';
import { createInstallation } from '../../cli/operations/open-installation.ts';
import { redriveDeadLetters } from '../../cli/operations/redrive.ts';
import { type Instance, startInstance } from '../../infra/local/instance.ts';
import { AwsError } from '../../infra/local/services/aws-error.ts';
import type { ServiceCall } from '../../infra/local/services/dispatch.ts';
import { eventually } from '../support/eventually.ts';
import { type GitHttpServer, startGitHttpServer } from '../support/git-http-server.ts';
import { createGitRepository, type GitRepository } from '../support/git-repository.ts';
import { createBranchPolicy, createPolicy } from '../support/policies.ts';

const { PATH = '/usr/bin:/bin' } = process.env;
let folder: string;
let git: GitRepository;
let server: GitHttpServer;
let instance: Instance;
let installation: Installation;
/** Whether the branch of `poison` can be read: nothing else is wrong with anything. */
let isPoisoned = true;
/** Seconds for which messages that failed were to stay away. */
const delays: number[] = [];

const keyOf = ({ input }: ServiceCall) => (input as { Key?: { pk?: { S?: string } } }).Key?.pk?.S;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hl-poison-'));
  git = await createGitRepository();
  await git.commit('Begin');
  server = await startGitHttpServer(git.root);
  instance = await startInstance({
    dataFolder: join(folder, 'data'),
    port: 0,
    searchPath: PATH,
    readStatus: async () => [],
    readWebhookSecret: async () => null,
    intercept: async (call, perform) => {
      if (isPoisoned && call.principal === 'verify' && keyOf(call) === 'branch:poison') {
        throw new AwsError('InternalServerError', 'This item cannot be read.', 500);
      }
      if (call.operation === 'ChangeMessageVisibility') {
        // Time passes as it needs to.
        const input = call.input as { VisibilityTimeout: number };
        delays.push(input.VisibilityTimeout);
        input.VisibilityTimeout = 0;
      }
      return perform();
    },
  });
  installation = createInstallation(instance.connection, 'a test');
});
afterAll(async () => {
  await installation.close();
  await Promise.all([instance.stop(), server.close()]);
  await git.remove();
  await rm(folder, { recursive: true, force: true, maxRetries: 3 });
});

async function guard(repository: string): Promise<void> {
  const policy = createPolicy(repository, {
    ...{ url: `${server.url}/${git.name}`, credentials: null, webhook: null },
    branches: [createBranchPolicy({ anchor: await git.head() })],
  });
  const next = { policy, signatories: [], warnings: [], lineOf: () => 1 };
  const by = { actor: 'a test', now: new Date().toISOString() };
  await applyPolicy({ kind: 'added', repository, next }, by, installation);
}

const read = (repository: string) => installation.branches.read({ repository, branch: 'main' });

it('a poison message halts its own branch only and briefly, is set aside, and comes back by `redrive` (rule 5.5)', async () => {
  const { decisions } = installation.deadLetters;
  await guard('poison');
  await guard('fine');
  await eventually(async () => expect(await read('fine')).toMatchObject({ sequence: 1, due: [] }));
  await eventually(async () => expect(await decisions.count()).toBeGreaterThanOrEqual(1));
  // Each of the five attempts was given back soon, later each time. On a slow machine the sweep has sent another hint by then.
  expect(delays.length).toBeGreaterThanOrEqual(5);
  for (const [n, delay] of delays.slice(0, 5).entries()) {
    expect([delay >= 2 ** n, delay <= 2 ** (n + 1)]).toEqual([true, true]);
  }
  expect(await read('poison')).toMatchObject({ sequence: 0 });

  isPoisoned = false;
  const pause = () => new Promise<void>((resolve) => setImmediate(resolve));
  const { moved, failure } = await redriveDeadLetters(decisions, await decisions.count(), pause);
  expect([moved >= 1, failure]).toEqual([true, null]);
  await eventually(async () => expect(await read('poison')).toMatchObject({ sequence: 1, due: [] }));
});
