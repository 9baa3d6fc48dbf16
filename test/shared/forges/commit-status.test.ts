import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sendCommitStatus } from '../../../shared/forges/commit-status.ts';
import { HTTP_AGENTS } from '../../../shared/git/http-agents.ts';
import type { CommitStatus } from '../../../shared/model/commit-status.ts';
import type { Provider } from '../../../shared/model/policy.ts';
import { findFreePort } from '../../support/free-port.ts';
import { createPolicy } from '../../support/policies.ts';
import { oidOf } from '../../support/small-history.ts';
import { type StandInFault, type StatusStandIn, startStatusStandIn } from '../../support/status-stand-in.ts';

const STATUS: CommitStatus = { commit: oidOf('c'), state: 'failure', description: 'x'.repeat(140) };
const TOKEN = 't0ken';

let forge: StatusStandIn;
beforeAll(async () => {
  forge = await startStatusStandIn();
});
afterAll(() => forge.close());
beforeEach(() => {
  forge.fault = null;
  forge.tokens = [TOKEN];
});

function send({ provider = 'github', url = forge.url, token = TOKEN, timeoutMs = 10_000 } = {}) {
  const policy = createPolicy('shop', { url: `${url}/acme/shop.git`, provider: provider as Provider });
  const call = { agents: HTTP_AGENTS, userAgent: 'headlock/0.1.0', timeoutMs };
  return sendCommitStatus(policy, 'main', STATUS, token, call);
}

describe('sendCommitStatus', () => {
  it.each([
    ['github', 'github'],
    ['gitlab', 'gitlab'],
    ['gitea', 'gitea'],
    ['forgejo', 'gitea'],
  ])('tells %s as its documentation has it', async (provider, api) => {
    expect(await send({ provider })).toEqual({ kind: 'told' });
    expect(forge.taken.at(-1)).toMatchObject({ forge: api, project: 'acme/shop', commit: STATUS.commit });
    expect(forge.requests.at(-1)?.headers['user-agent']).toBe('headlock/0.1.0');
  });

  it.each([
    [400, {}, 'does not take this status'],
    [401, {}, 'store another'],
    [403, {}, 'give it that permission'],
    [404, {}, 'check the URL and the token'],
    [410, {}, 'does not take this status'],
    [422, {}, 'does not take this status'],
    [301, { location: '/elsewhere' }, 'moved'],
    [307, { location: 'http://127.0.0.1:1/' }, 'moved'],
  ])('is refused for good by %i, and says what to do', async (status, headers, advice) => {
    forge.fault = () => ({ kind: 'status', status, headers });
    const outcome = await send();
    expect(outcome).toMatchObject({ kind: 'refused', message: expect.stringContaining(advice) });
    expect(JSON.stringify(outcome)).not.toContain(TOKEN);
    expect(JSON.stringify(outcome)).not.toContain('Not now');
  });

  it.each<[string, number, Record<string, string>, number | null]>([
    ['503', 503, {}, null],
    ['500 that says when', 500, { 'retry-after': '7' }, 7],
    ['408', 408, {}, null],
    ['409', 409, {}, null],
    ['429', 429, {}, null],
    ['429 that says when', 429, { 'retry-after': '42' }, 42],
    ['429 that asks for a day, within bounds', 429, { 'retry-after': '86400' }, 900],
    ['429 that asks for nothing', 429, { 'retry-after': '0' }, 1],
    ['403 that says when', 403, { 'retry-after': '60' }, 60],
    ['403 of a limit until its reset', 403, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1' }, 1],
  ])('is put off by %s', async (_, status, headers, afterSeconds) => {
    forge.fault = () => ({ kind: 'status', status, headers });
    expect(await send()).toEqual({ kind: 'later', message: expect.any(String), afterSeconds });
  });

  it.each<[string, StandInFault]>([
    ['hangs', { kind: 'hang' }],
    ['breaks off', { kind: 'reset' }],
    ['answers without end', { kind: 'endless' }],
  ])('is put off by a forge that %s', async (_, fault) => {
    forge.fault = () => fault;
    const timeoutMs = fault.kind === 'hang' ? 100 : 10_000;
    expect(await send({ timeoutMs })).toMatchObject({ kind: 'later', afterSeconds: null });
  });

  it('is put off by a forge that is down', async () => {
    const url = `http://127.0.0.1:${await findFreePort()}`;
    expect(await send({ url })).toMatchObject({ kind: 'later', message: expect.stringContaining('connection') });
  });

  it('takes the token nowhere else', async () => {
    const other = await startStatusStandIn();
    forge.fault = () => ({ kind: 'status', status: 307, headers: { location: `${other.url}/api/v3/repos/acme/shop` } });
    expect(await send()).toMatchObject({ kind: 'refused' });
    expect(other.requests).toEqual([]);
    await other.close();
  });

  it('sends no token that is none', async () => {
    const before = forge.requests.length;
    expect(await send({ token: 't0ken\n' })).toMatchObject({
      kind: 'refused',
      message: expect.not.stringContaining('t0ken'),
    });
    expect(forge.requests).toHaveLength(before);
  });
});
