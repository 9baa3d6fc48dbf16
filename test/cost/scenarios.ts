import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { createToken } from '../../cli/operations/create-token.ts';
import { startHeadlock } from '../../cli/operations/start-headlock.ts';
import { RECENT_MS } from '../../functions/trusted-revision/recent-branches.ts';
import { createGit } from '../load/git.ts';
import { createSshForgingKey } from '../support/forge-ssh.ts';
import { findFreePort } from '../support/free-port.ts';
import { runHeadlock } from '../support/run-headlock.ts';
import type { Counts } from './counts.ts';
import { createMeter } from './meter.ts';
import { createMeteredRepository } from './metered-repository.ts';

/** What happens to an installation, in the order in which it is played. */
export const SCENARIOS = [
  'push of 1 commit',
  'push of 10 commits',
  'push of 100 commits',
  'notice of nothing new',
  'poll, changed (200)',
  'poll, unchanged (304)',
  'push that locks',
  'sweep of one repository',
] as const;
export type Scenario = (typeof SCENARIOS)[number];

/** What each scenario costs, counted on the embedded stack. Caches are warm, as they are where there is something to pay for. */
export async function countScenarios(): Promise<Readonly<Record<Scenario, Counts>>> {
  const folder = await mkdtemp(join(tmpdir(), 'hl-cost-'));
  const meter = createMeter();
  const { PATH = '/usr/bin:/bin' } = process.env;
  const port = await findFreePort();
  const start = () =>
    startHeadlock({ dataFolder: join(folder, 'data'), port, searchPath: PATH, intercept: meter.intercept });
  let headlock = await start();
  const counted: Partial<Record<Scenario, Counts>> = {};
  try {
    const { instance, installation } = headlock;
    const key = createSshForgingKey();
    const source = join(folder, 'source');
    await mkdir(source);
    const repository = await createMeteredRepository(createGit(source), key, source, instance.playgroundFolder);
    const secret = randomBytes(32).toString('hex');
    const run = async (args: readonly string[], input = '') => {
      const { status, stderr } = await runHeadlock([...args, '--data', join(folder, 'data')], { input });
      if (status !== 0) throw new Error(stderr);
    };
    await run(['secret', 'set', 'shop', '--purpose', 'webhook'], secret);
    const file = join(folder, 'headlock.yaml');
    await writeFile(file, describePolicy(`${instance.apiUrl}/playground/shop.git`, repository.anchor, key.line));
    await run(['apply', '-f', file]);
    await meter.untilDone();
    const request = { name: 'agent', repositories: ['shop'], days: null, now: new Date() };
    const { text: token } = await createToken(request, installation);

    const deliver = async (change: object) => {
      const body = JSON.stringify({ ref: 'refs/heads/main', ...change, repository: { name: 'shop' } });
      const signature = `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
      const headers = {
        'content-type': 'application/json',
        'x-github-event': 'push',
        'x-github-delivery': randomUUID(),
        'x-hub-signature-256': signature,
      };
      const { status } = await fetch(`${instance.apiUrl}/webhooks/shop`, { method: 'POST', headers, body });
      if (status !== 202) throw new Error(`The delivery was answered ${status}.`);
      await meter.untilDone();
    };
    const poll = async (etag?: string) => {
      const headers = { authorization: `Bearer ${token}`, ...(etag === undefined ? {} : { 'if-none-match': etag }) };
      const answer = await fetch(`${instance.apiUrl}/v1/repositories/shop/trusted-revision?branch=main`, { headers });
      await answer.arrayBuffer();
      return { status: answer.status, etag: answer.headers.get('etag') ?? '' };
    };
    const count = async (name: Scenario, happen: () => Promise<unknown>) => {
      meter.reset();
      await happen();
      meter.add({ gateway: 1, invocations: 1 });
      counted[name] = meter.counts();
    };

    // Opens the secret, reads the token and makes the first connections.
    await deliver(await repository.push(1));
    await poll();
    for (const [name, commits] of PUSHES) {
      const change = await repository.push(commits);
      await count(name, () => deliver(change));
    }
    await count('notice of nothing new', () => deliver(repository.latest()));
    let etag = '';
    // Long enough apart that none is answered by what one before has read.
    await setTimeout(RECENT_MS);
    await count('poll, changed (200)', async () => {
      ({ etag } = await poll());
    });
    await setTimeout(RECENT_MS);
    await count('poll, unchanged (304)', async () => {
      const { status } = await poll(etag);
      if (status !== 304) throw new Error(`The poll was answered ${status}.`);
    });
    const unsigned = await repository.pushUnsigned();
    await count('push that locks', () => deliver(unsigned));

    await deliver(await repository.replaceLatest());

    await headlock.stop();
    // The schedule fires when an instance starts.
    meter.reset();
    headlock = await start();
    await meter.untilDone();
    meter.add({ invocations: 1 });
    counted['sweep of one repository'] = meter.counts();
    return counted as Record<Scenario, Counts>;
  } finally {
    await headlock.stop();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

const PUSHES = [
  ['push of 1 commit', 1],
  ['push of 10 commits', 10],
  ['push of 100 commits', 100],
] as const;

function describePolicy(url: string, anchor: string, publicKey: string): string {
  return `apiVersion: headlock/v1
verifier: https://cost.headlock.invalid
repositories:
  - name: shop
    url: ${url}
    provider: github
    webhook: { secretRef: shop }
    branches:
      - { name: main, anchor: ${anchor} }
    signatories:
      - { name: Alice, ssh: "${publicKey}" }
`;
}
