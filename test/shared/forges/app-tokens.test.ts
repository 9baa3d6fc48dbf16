import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type AppToken, type AppTokenRequest, createAppTokens } from '../../../shared/forges/app-tokens.ts';
import type { SourceUnreachable } from '../../../shared/git/commit-source.ts';
import { type GitHubStandIn, type StandInInstallation, startGitHubStandIn } from '../../support/github-stand-in.ts';

const pem = (key: KeyObject) => String(key.export({ format: 'pem', type: 'pkcs1' }));
const [current, former] = [0, 1].map(() => generateKeyPairSync('rsa', { modulusLength: 2048 })) as [
  ReturnType<typeof generateKeyPairSync>,
  ReturnType<typeof generateKeyPairSync>,
];
const HOUR = 3_600_000;

let github: GitHubStandIn;
let installation: StandInInstallation;
let now: number;

beforeAll(async () => {
  github = await startGitHubStandIn();
});
afterAll(() => github.close());
beforeEach(() => {
  now = Date.UTC(2026, 10, 22);
  installation = {
    id: 7,
    owner: 'acme',
    repositories: ['shop', 'tools'],
    permissions: { contents: 'read', statuses: 'write', metadata: 'read' },
    suspendedAt: null,
  };
  github.installations.splice(0, github.installations.length, installation);
  github.publicKeys = [current.publicKey];
  github.now = () => now;
  github.fault = null;
});

function requestFor(changes: Partial<AppTokenRequest> = {}): AppTokenRequest {
  return {
    app: {
      name: 'forge-app',
      appId: '1234',
      privateKey: { secretRef: 'app-key' },
      webhook: null,
      apiUrl: github.apiUrl,
    },
    privateKeys: [pem(current.privateKey)],
    repositoryUrl: 'https://github.com/acme/shop.git',
    permission: 'contents: read',
    userAgent: 'headlock/test',
    timeoutMs: 5_000,
    ...changes,
  };
}

const obtain = (changes: Partial<AppTokenRequest> = {}) => createAppTokens(() => now).obtain(requestFor(changes));

function tokenOf(answer: AppToken | SourceUnreachable): string {
  if ('kind' in answer) throw new Error(answer.message);
  return answer.token;
}

describe('createAppTokens', () => {
  it('asks for a token that may read the one repository and nothing else', async () => {
    const before = github.requests.length;
    const { owner, repositories, permissions } = github.tokens.get(tokenOf(await obtain())) ?? {};
    expect({ owner, repositories, permissions }).toEqual({
      owner: 'acme',
      repositories: ['shop'],
      permissions: { contents: 'read' },
    });
    expect(github.requests.slice(before)).toEqual([
      'GET /api/v3/repos/acme/shop/installation',
      'POST /api/v3/app/installations/7/access_tokens',
    ]);
    const status = github.tokens.get(tokenOf(await obtain({ permission: 'statuses: write' })));
    expect(status?.permissions).toEqual({ statuses: 'write' });
  });

  it('signs in by client id too', async () => {
    const app = { ...requestFor().app, appId: 'Iv1.8a61f9b3a7aba766' };
    expect(await obtain({ app })).toMatchObject({ isCached: false });
  });

  it('keeps a token for its repository and permission until shortly before it expires', async () => {
    const tokens = createAppTokens(() => now);
    const first = tokenOf(await tokens.obtain(requestFor()));
    const asked = github.requests.length;
    now += HOUR - 6 * 60_000;
    expect(await tokens.obtain(requestFor())).toEqual({ token: first, isCached: true });
    expect(github.requests.length).toBe(asked);
    const other = requestFor({ repositoryUrl: 'https://github.com/acme/tools' });
    expect(tokenOf(await tokens.obtain(other))).not.toBe(first);
    expect(tokenOf(await tokens.obtain(requestFor({ permission: 'statuses: write' })))).not.toBe(first);
    now += 60_000;
    const second = await tokens.obtain(requestFor());
    expect(second).toMatchObject({ isCached: false });
    expect(tokenOf(second)).not.toBe(first);
  });

  it('forgets a token that was refused, and not the one that came after it', async () => {
    const tokens = createAppTokens(() => now);
    const first = tokenOf(await tokens.obtain(requestFor()));
    tokens.drop(requestFor(), first);
    const second = await tokens.obtain(requestFor());
    expect(second).toMatchObject({ isCached: false });
    tokens.drop(requestFor(), first);
    expect(await tokens.obtain(requestFor())).toEqual({ token: tokenOf(second), isCached: true });
  });

  it('signs in with whichever of two keys the app still has (rotation)', async () => {
    const privateKeys = [pem(current.privateKey), pem(former.privateKey)];
    github.publicKeys = [former.publicKey];
    expect(await obtain({ privateKeys })).toMatchObject({ isCached: false });
    github.publicKeys = [current.publicKey, former.publicKey];
    expect(await obtain({ privateKeys })).toMatchObject({ isCached: false });
    github.publicKeys = [current.publicKey];
    expect(await obtain({ privateKeys: privateKeys.toReversed() })).toMatchObject({ isCached: false });
    // What is no key at all hides no other.
    expect(await obtain({ privateKeys: ['ghp_old', pem(current.privateKey)] })).toMatchObject({ isCached: false });
  });

  it.each<[string, SourceUnreachable['cause'], RegExp, () => Partial<AppTokenRequest>]>([
    [
      'a key that the app no longer has',
      'refused_credentials',
      /refuses the private key of the app forge-app.*1234.*secret set app-key --purpose app/,
      () => ({ privateKeys: [pem(former.privateKey)] }),
    ],
    [
      'a stored value that is no key',
      'refused_credentials',
      /no private key in PEM/,
      () => ({ privateKeys: ['hunter2'] }),
    ],
    ['no key', 'refused_credentials', /refuses the private key/, () => ({ privateKeys: [] })],
    [
      'another app id',
      'refused_credentials',
      /refuses the private key/,
      () => ({ app: { ...requestFor().app, appId: '99' } }),
    ],
    [
      'a clock that runs far ahead',
      'refused_credentials',
      /refuses the private key/,
      () => {
        github.now = () => now - HOUR;
        return {};
      },
    ],
    [
      'a repository without the app',
      'not_found',
      /is not installed for https:\/\/github\.com\/acme\/other.*Install the app there/,
      () => ({ repositoryUrl: 'https://github.com/acme/other' }),
    ],
    [
      'a URL that is no repository of GitHub',
      'not_found',
      /or correct the URL/,
      () => ({ repositoryUrl: 'https://github.com/a/b/c' }),
    ],
    [
      'an app that is suspended',
      'refused_credentials',
      /is suspended where .*acme\/shop/,
      () => {
        installation.suspendedAt = '2026-11-01T00:00:00Z';
        return {};
      },
    ],
    [
      'an app without the permission',
      'refused_credentials',
      /may not have `statuses: write` of .*Give it that permission/,
      () => {
        installation.permissions = { contents: 'read' };
        return { permission: 'statuses: write' };
      },
    ],
    [
      'a server that is not there',
      'connection',
      /connection to 127\.0\.0\.1:9 failed/,
      () => ({ app: { ...requestFor().app, apiUrl: 'http://127.0.0.1:9/api/v3' } }),
    ],
  ])('is unreachable, and says what to do, for %s', async (_, cause, message, arrange) => {
    const answer = await obtain(arrange());
    expect(answer).toEqual({ kind: 'unreachable', cause, message: expect.stringMatching(message) });
    expect(JSON.stringify(answer)).not.toMatch(/hunter2|BEGIN|ghs_/);
  });

  it.each<[{ status: number; headers?: Record<string, string>; body?: string }, string, string]>([
    [{ status: 403, headers: { 'x-ratelimit-remaining': '0' } }, 'rate_limited', 'It is tried again later'],
    [{ status: 403, headers: { 'retry-after': '60' } }, 'rate_limited', 'limits how often'],
    [{ status: 429 }, 'rate_limited', 'limits how often'],
    [{ status: 502 }, 'server_error', 'answers 502'],
    [
      { status: 301, headers: { location: '/api/v3/repositories/1/installation' } },
      'not_found',
      'was renamed or moved',
    ],
    [{ status: 403 }, 'refused_credentials', 'may not have `contents: read`'],
    [{ status: 418 }, 'bad_response', "none of GitHub's REST API"],
    [{ status: 200, body: '<html>' }, 'bad_response', 'Check the `apiUrl`'],
    [{ status: 200, body: '{"id":"7"}' }, 'bad_response', 'Check the `apiUrl`'],
    [{ status: 200, body: `"${'x'.repeat(2 ** 20)}"` }, 'bad_response', 'larger than'],
  ])('makes of the answer %j a cause', async (fault, cause, message) => {
    github.fault = () => fault;
    const retryAfter = fault.headers?.['retry-after'];
    expect(await obtain()).toEqual({
      ...{ kind: 'unreachable', cause, message: expect.stringContaining(message) },
      ...(retryAfter !== undefined && { retryAfter: Number(retryAfter) }),
    });
  });

  it.each([
    '{"token":"ghs_a b","expires_at":"2026-11-22T01:00:00Z"}',
    '{"token":"ghs_a\\nx: y","expires_at":"2026-11-22T01:00:00Z"}',
    '{"token":"","expires_at":"2026-11-22T01:00:00Z"}',
    '{"token":"ghs_a","expires_at":"soon"}',
    '{"expires_at":"2026-11-22T01:00:00Z"}',
    '[]',
  ])('takes no token from %s', async (body) => {
    let count = 0;
    github.fault = () => (count++ === 0 ? null : { status: 201, body });
    expect(await obtain()).toMatchObject({ kind: 'unreachable', cause: 'bad_response' });
  });

  it('waits no longer than it is told to', async () => {
    github.fault = () => ({ status: 200, headers: { 'content-length': '9' }, body: '{' });
    expect(await obtain({ timeoutMs: 100 })).toMatchObject({ kind: 'unreachable', cause: 'timeout' });
  });
});
