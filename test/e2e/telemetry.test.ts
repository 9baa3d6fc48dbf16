import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningHeadlock, startHeadlock } from '../../cli/operations/start-headlock.ts';
import { storeSecret } from '../../cli/operations/store-secret.ts';
import { PLAYGROUND, WEBHOOK_SECRET } from '../../cli/playground/playground-policy.ts';
import { preparePlayground } from '../../cli/playground/prepare-playground.ts';
import { eventually } from '../support/eventually.ts';
import { cleanGitEnvironment } from '../support/git-repository.ts';

const { PATH = '/usr/bin:/bin' } = process.env;
const REF = { repository: PLAYGROUND, branch: 'main' };
/** What a committer, a stranger and an agent send, and what must not come back in a log (trust rule 7.3). */
const PLANTED = {
  ...{ message: 'pl4nted-message', body: 'pl4nted-body', header: 'pl4nted-header', bearer: 'pl4nted-bearer' },
  webhookSecret: 'pl4nted-webhook-secret',
};

let folder: string;
let headlock: RunningHeadlock;
let agentToken: string;
let decided: readonly Record<string, unknown>[];

async function scrape(): Promise<readonly string[]> {
  const response = await fetch(`${headlock.instance.apiUrl}/metrics`);
  expect(response.headers.get('content-type')).toContain('application/openmetrics-text; version=1.0.0');
  return (await response.text()).split('\n');
}

async function readLogs(): Promise<string> {
  const logs = join(folder, 'data', 'logs');
  const files = await readdir(logs);
  return (await Promise.all(files.map((file) => readFile(join(logs, file), 'utf8')))).join('\n');
}

async function readDecisions(): Promise<readonly Record<string, unknown>[]> {
  const text = await readFile(join(folder, 'data', 'logs', 'verify.log'), 'utf8');
  const lines = text.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line)] : []));
  return lines.filter(({ message }) => message === 'Decided.');
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hl-telemetry-'));
  headlock = await startHeadlock({ dataFolder: join(folder, 'data'), port: 0, searchPath: PATH });
  const { cloneUrl, privateKeyFile, token } = await preparePlayground(headlock, PATH);
  agentToken = token ?? '';
  const value = Buffer.from(PLANTED.webhookSecret);
  const secret = { name: WEBHOOK_SECRET, purpose: 'webhook', value, add: false, now: new Date() } as const;
  await storeSecret(secret, headlock.installation);
  const clone = join(folder, 'clone');
  const person = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.com'];
  const key = ['-c', 'gpg.format=ssh', '-c', `user.signingkey=${privateKeyFile}`];
  const git = (...args: string[]) =>
    promisify(execFile)('git', [...person, ...key, ...args], { env: cleanGitEnvironment(folder) });
  const commit = (...args: string[]) =>
    git('-C', clone, 'commit', '-q', '--allow-empty', '-m', PLANTED.message, ...args);
  const state = () => headlock.installation.branches.read(REF);

  await git('clone', '-q', cloneUrl, clone);
  await eventually(async () => expect(await state()).toMatchObject({ sequence: 1 }));
  await commit('-S');
  await git('-C', clone, 'push', '-q', 'origin', 'main');
  await eventually(async () => expect(await state()).toMatchObject({ sequence: 2 }));
  await commit();
  await git('-C', clone, 'push', '-q', 'origin', 'main');
  await eventually(async () => expect(await state()).toMatchObject({ lock: { reason: 'unsigned' }, due: [] }));

  const { apiUrl } = headlock.instance;
  const headers = { 'x-github-event': 'push', 'x-hub-signature-256': `sha256=${PLANTED.header}` };
  await fetch(`${apiUrl}/webhooks/${PLAYGROUND}`, { method: 'POST', headers, body: `{"ref":"${PLANTED.body}"}` });
  await fetch(`${apiUrl}/webhooks/nowhere`, { method: 'POST', headers, body: PLANTED.body });
  await fetch(`${apiUrl}/v1/repositories`, { headers: { authorization: `Bearer ${PLANTED.bearer}` } });
  // Its last line comes after the state is written.
  await eventually(async () => {
    decided = await readDecisions();
    expect(decided.some(({ outcome }) => outcome === 'locked')).toBe(true);
  });
}, 120_000);
afterAll(async () => {
  await headlock.stop();
  await rm(folder, { recursive: true, force: true, maxRetries: 3 });
});

describe('telemetry of the embedded stack', () => {
  it('has one line for each decision, with what came of it', () => {
    const [advanced] = decided.filter(({ sequence, outcome }) => sequence === 2 && outcome === 'advanced');
    expect(advanced).toMatchObject({
      ...{ level: 'INFO', ...REF, judged: 1, verified: 1, refused: {}, hint: 'push', restarts: 0 },
      ...{ seconds: expect.any(Number), recordedAt: expect.any(String), function_request_id: expect.any(String) },
    });
    const [locked] = decided.filter(({ outcome }) => outcome === 'locked');
    expect(locked).toMatchObject({ reason: 'unsigned', judged: 1, verified: 0, refused: { unsigned: 1 } });
  });

  it('serves the same as metrics', async () => {
    const lines = await eventually(async () => {
      const found = await scrape();
      const failures = 'headlock_commit_verification_failures_total{repository="playground",reason="unsigned"} 1';
      expect(found).toContain(failures);
      return found;
    });
    expect(lines).toContain('headlock_commits_verified_total 1');
    expect(lines).toContain('headlock_receipt_to_publish_seconds_count 1');
    expect(lines).toContain('headlock_sweep_repairs_total 0');
    expect(lines).toContain('headlock_webhook_deliveries_total{provider="unknown",outcome="unauthenticated"} 1');
    const accepted = lines.find((line) => /^headlock_webhook_deliveries_total.*outcome="queued"/.test(line));
    expect(accepted).toMatch(/ 2$/);
  });

  it('logs no secret, and nothing of a body, a header or a message (rule 7.3)', async () => {
    const text = `${await readLogs()}\n${(await scrape()).join('\n')}`;
    expect(text).toContain('A delivery with a wrong signature or token was refused.');
    expect(agentToken.length).toBeGreaterThan(20);
    for (const secret of [...Object.values(PLANTED), agentToken]) expect(text).not.toContain(secret);
  });
});
