import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  commitVerdictSchema,
  eventPageSchema,
  problemSchema,
  publicationSchema,
  repositoryListSchema,
} from '../../../functions/trusted-revision/response-schemas.ts';
import type { BranchState } from '../../../shared/model/branch-state.ts';
import { mintTrustedRevision } from '../../../shared/model/trusted-revision.ts';
import { createRefusal, type Verdict } from '../../../shared/model/verdict.ts';
import { createDynamoBranchStore } from '../../../shared/store/dynamo-branch-store.ts';
import { createDynamoHistoryStore } from '../../../shared/store/dynamo-history-store.ts';
import { createDynamoTokenStore } from '../../../shared/store/dynamo-token-store.ts';
import { createDynamoVerdictStore } from '../../../shared/store/dynamo-verdict-store.ts';
import type { AgentToken } from '../../../shared/store/token-store.ts';
import { createTokenText, hashTokenText } from '../../../shared/store/token-text.ts';
import { actAs, dynamoOfOwner } from '../../support/act-as.ts';
import { createBranchState, createLockedBranchState } from '../../support/branch-states.ts';
import { TABLE, useEmbeddedServices } from '../../support/embedded-services.ts';
import { oidOf } from '../../support/small-history.ts';

useEmbeddedServices();

const NOW = Date.now();
const timeFromNow = (ms: number) => new Date(NOW + ms).toISOString();
const HOUR = 3_600_000;
const at = (repository: string, branch: string) => ({ ref: { repository, branch } });
const LOCKED = createLockedBranchState(at('payments', 'main'));
const PENDING = createBranchState(at('two-branches', 'main'));
const TRUSTED = createBranchState({
  ...at('two-branches', 'release/1.0'),
  sequence: 7,
  trusted: mintTrustedRevision(oidOf('b', 64)),
  anchor: oidOf('a', 64),
  decidedAt: '2026-11-21T10:15:00.000Z',
});

let handler: typeof import('../../../functions/trusted-revision/handler.ts').handler;
let token: string;

async function createToken(changes: Partial<AgentToken> = {}): Promise<string> {
  const text = createTokenText();
  const repositories = ['two-branches', 'payments', 'retired', 'reported', 'changing', 'no-branches'];
  const stored: AgentToken = {
    sha256: hashTokenText(text),
    name: 'agent',
    repositories,
    created: timeFromNow(-HOUR),
    expires: timeFromNow(HOUR),
    revoked: null,
    ...changes,
  };
  await createDynamoTokenStore(dynamoOfOwner(), TABLE).create(stored);
  return text;
}

const write = (state: BranchState) => createDynamoBranchStore(dynamoOfOwner(), TABLE).write(state);

beforeAll(async () => {
  Object.assign(process.env, {
    HEADLOCK_TABLE: TABLE,
    HEADLOCK_POLL_AFTER_SECONDS: '30',
    POWERTOOLS_LOG_LEVEL: 'SILENT',
  });
  for (const state of [LOCKED, PENDING, TRUSTED]) await write(state);
  await write(createLockedBranchState({ ...at('retired', 'main'), retired: true }));
  await write(createLockedBranchState(at('hidden', 'main')));
  token = await createToken();
  await actAs('trusted-revision');
  ({ handler } = await import('../../../functions/trusted-revision/handler.ts'));
});

interface Asked {
  readonly route?: string;
  readonly repository?: string;
  readonly branch?: string;
  readonly oid?: string;
  readonly after?: string;
  readonly headers?: Record<string, string>;
}

async function get({
  route = 'GET /v1/repositories/{repository}/trusted-revision',
  repository,
  branch,
  oid,
  after,
  headers,
}: Asked) {
  const event = {
    version: '2.0',
    routeKey: route,
    headers: { authorization: `Bearer ${token}`, ...headers },
    ...(repository !== undefined && { pathParameters: { repository, ...(oid !== undefined && { oid }) } }),
    ...((branch ?? after) !== undefined && { queryStringParameters: { branch, after } }),
    requestContext: { requestId: 'request-1' },
    isBase64Encoded: false,
  } as unknown as APIGatewayProxyEventV2;
  const response = (await handler(event, {} as Context)) as APIGatewayProxyStructuredResultV2;
  const { statusCode: status, headers: answered = {}, body } = response;
  return { status, headers: answered, body: body === undefined ? null : (JSON.parse(body) as object) };
}

describe('GET /v1/repositories/{repository}/trusted-revision', () => {
  it('answers a locked branch with its trusted revision and the lock (rule 6.3)', async () => {
    const { status, headers, body } = await get({ repository: 'payments', branch: 'main' });
    expect(status).toBe(200);
    expect(headers).toMatchObject({ 'content-type': 'application/json', 'cache-control': 'private, max-age=10' });
    expect(body).toEqual({
      repository: 'payments',
      branch: 'main',
      state: 'Locked',
      revision: oidOf('b'),
      objectFormat: 'sha1',
      sequence: 1,
      decidedAt: '2026-11-21T10:15:00.000Z',
      tip: { revision: oidOf('c'), seenAt: '2026-11-21T10:15:00.000Z' },
      lock: LOCKED.lock,
      compromise: null,
      unreachable: null,
      observedTip: null,
      pollAfterSeconds: 30,
      keyId: null,
    });
  });

  it('keeps a compromised revision published, and says so (rule 3.3)', async () => {
    const since = '2026-11-21T11:00:00.000Z';
    const compromise = { keys: ['SHA256:lost'], message: 'A key is lost.', nextStep: 'Look.', since };
    const ref = { repository: 'compromised', branch: 'main' };
    await write({ ...LOCKED, ref, compromise });
    const headers = { authorization: `Bearer ${await createToken({ repositories: [ref.repository] })}` };
    const { status, body } = await get({ ...ref, headers });
    expect(status).toBe(200);
    expect(body).toMatchObject({ state: 'Compromised', revision: oidOf('b'), compromise, lock: LOCKED.lock });
    expect(publicationSchema.parse(body)).toEqual(body);
  });

  it('answers a branch on which nothing is published yet', async () => {
    const { body } = await get({ repository: 'two-branches', branch: 'main' });
    expect(body).toMatchObject({ state: 'Pending', revision: null, sequence: 0, decidedAt: null });
  });

  it('answers a SHA-256 branch whose name has a slash', async () => {
    const { body } = await get({ repository: 'two-branches', branch: 'release/1.0' });
    expect(body).toMatchObject({ state: 'Trusted', revision: oidOf('b', 64), objectFormat: 'sha256', sequence: 7 });
    expect(publicationSchema.parse(body)).toEqual(body);
  });

  it('says why a forge cannot be read and what is observed in a dry run, without calling it trusted', async () => {
    const unreachable = {
      cause: 'timeout',
      message: 'secret-host did not answer.',
      since: '2026-11-21T11:00:00.000Z',
      attempts: 3,
      alerted: true,
    } as const;
    await write(
      createLockedBranchState({
        ...at('reported', 'main'),
        lock: null,
        unreachable,
        observedTip: { revision: oidOf('d'), enforced: false },
      }),
    );
    const { body } = await get({ repository: 'reported' });
    expect(body).toMatchObject({
      state: 'Unreachable',
      revision: oidOf('b'),
      unreachable: { cause: 'timeout', since: '2026-11-21T11:00:00.000Z' },
      observedTip: { revision: oidOf('d'), enforced: false },
    });
    expect(publicationSchema.parse(body)).toEqual(body);
  });

  it('needs no branch name where one is guarded, and names them where several are', async () => {
    expect(await get({ repository: 'payments' })).toEqual(await get({ repository: 'payments', branch: 'main' }));
    expect(await get({ repository: 'two-branches' })).toMatchObject({
      status: 400,
      body: { type: 'urn:headlock:problem:branch_needed', detail: expect.stringContaining('main, release/1.0') },
    });
  });

  it('answers what the token may not see, what was retired and what does not exist alike', async () => {
    const missing = [
      await get({ repository: 'hidden', branch: 'main' }),
      await get({ repository: 'hidden' }),
      await get({ repository: 'no-branches' }),
      await get({ repository: 'payments', branch: 'other' }),
      await get({ repository: 'payments', branch: 'main:x' }),
      await get({ repository: 'payments', branch: '' }),
      await get({ repository: 'payments', branch: 'x'.repeat(5_000) }),
      await get({ repository: 'retired', branch: 'main' }),
      await get({ repository: 'retired' }),
      await get({}),
    ];
    const [first] = missing;
    expect(first).toMatchObject({
      status: 404,
      body: { type: 'urn:headlock:problem:not_found', instance: 'request-1' },
    });
    for (const other of missing) expect(other).toEqual(first);
    expect(problemSchema.parse(first?.body)).toEqual(first?.body);
  });

  it('has a strong entity tag that stays while nothing is published anew, and changes when something is', async () => {
    const state = createLockedBranchState(at('changing', 'main'));
    const first = await write(state);
    const { headers } = await get({ repository: 'changing' });
    expect(headers.etag).toMatch(/^"[\w-]{43}"$/);
    const swept = await write({ ...(first ?? state), recheckAt: '2026-11-21T12:00:00.000Z', alertedLocks: ['x'] });
    expect((await get({ repository: 'changing' })).headers.etag).toBe(headers.etag);
    await write({ ...(swept ?? state), lock: null });
    expect((await get({ repository: 'changing' })).headers.etag).not.toBe(headers.etag);
  });

  it('answers 304 without a body to whoever has the answer', async () => {
    const etag = String((await get({ repository: 'payments' })).headers.etag);
    for (const header of [etag, `W/${etag}`, `"other", ${etag}`, `"other",W/${etag} ,"x"`, '*']) {
      const { status, headers, body } = await get({ repository: 'payments', headers: { 'if-none-match': header } });
      expect([header, status, body]).toEqual([header, 304, null]);
      expect(headers).toMatchObject({ etag, 'cache-control': 'private, max-age=10' });
    }
    for (const header of ['', '"other"', etag.slice(1, -1), etag.toUpperCase(), `${etag}x`]) {
      const { status } = await get({ repository: 'payments', headers: { 'if-none-match': header } });
      expect([header, status]).toEqual([header, 200]);
    }
  });
});

describe('GET /v1/repositories/{repository}/commits/{oid}', () => {
  const route = 'GET /v1/repositories/{repository}/commits/{oid}';
  const ask = (oid: string, asked: Asked = {}) => get({ route, repository: 'payments', branch: 'main', oid, ...asked });
  const BINDING = { payloadSha256: 'f'.repeat(64), committer: 'Bob <bob@example.com>', firstSeen: 1_700_000_000 };
  const KEYS = { fingerprint: 'SHA256:a', certifiedBy: null, certificate: null };
  const VERDICTS: readonly Verdict[] = [
    { outcome: 'verified', format: 'ssh', signatory: 'Bob', ...KEYS, signedAt: null, ...BINDING, commit: oidOf('1') },
    { ...createRefusal('unsigned', 'carries no signature.', 'Sign it.'), ...BINDING, commit: oidOf('2') },
    {
      ...{ outcome: 'verified', format: 'policy', justification: 'CHG-7', against: 'unsigned' },
      ...{ ...BINDING, commit: oidOf('3') },
    },
  ];
  beforeAll(() => createDynamoVerdictStore(dynamoOfOwner(), TABLE).write(LOCKED.ref, 7, VERDICTS));

  it('answers the recorded verdict with its checks and an entity tag (rule 1.7)', async () => {
    const { status, headers, body } = await ask(oidOf('2'));
    expect({ status, body: commitVerdictSchema.parse(body) }).toEqual({ status: 200, body });
    expect(body).toMatchObject({
      ...{ repository: 'payments', branch: 'main', commit: oidOf('2'), outcome: 'refused', policyVersion: 7 },
      ...{ signature: null, accepted: null, firstSeen: '2023-11-14T22:13:20.000Z' },
      refusal: { reason: 'unsigned', message: 'carries no signature.', nextStep: 'Sign it.' },
    });
    const { checks } = commitVerdictSchema.parse(body);
    expect(checks.filter(({ outcome }) => outcome === 'failed')).toMatchObject([{ rule: '4.1' }]);
    expect(await ask(oidOf('2'), { headers: { 'if-none-match': String(headers.etag) } })).toMatchObject({
      status: 304,
    });
  });

  it('says who signed, or that the policy accepts the commit (rule 2.7)', async () => {
    const signature = { format: 'ssh', signatory: 'Bob', fingerprint: 'SHA256:a', certifiedBy: null, signedAt: null };
    expect((await ask(oidOf('1'))).body).toMatchObject({ outcome: 'verified', signature, refusal: null });
    expect((await ask(oidOf('3'))).body).toMatchObject({ accepted: { reason: 'CHG-7', against: 'unsigned' } });
  });

  it('answers 404 where there is no verdict, and nothing of what the token may not see', async () => {
    await createDynamoVerdictStore(dynamoOfOwner(), TABLE).write({ repository: 'hidden', branch: 'main' }, 1, VERDICTS);
    for (const oid of [oidOf('9'), '1111111', '', `${oidOf('1')}:main`]) {
      expect(await ask(oid)).toMatchObject({ status: 404, body: { type: 'urn:headlock:problem:no_verdict' } });
    }
    for (const asked of [{ repository: 'hidden' }, { branch: 'other' }, { repository: 'retired' }]) {
      expect(await ask(oidOf('1'), asked)).toMatchObject({
        status: 404,
        body: { type: 'urn:headlock:problem:not_found' },
      });
    }
    expect(await ask(oidOf('1'), { headers: { authorization: '' } })).toMatchObject({ status: 401 });
  });
});

describe('GET /v1/repositories/{repository}/events', () => {
  const route = 'GET /v1/repositories/{repository}/events';
  const ref = { repository: 'payments', branch: 'main' };
  const details = { revision: oidOf('b') };
  const EVENT = {
    kind: 'advanced',
    at: '2026-11-21T10:15:00.000Z',
    sequence: 1,
    actor: 'headlock',
    message: '',
    details,
  } as const;
  const ask = async (asked: Asked = {}) => {
    const { status, body } = await get({ route, ...ref, ...asked });
    return { status, page: status === 200 ? eventPageSchema.parse(body) : null, body };
  };
  beforeAll(async () => {
    const history = createDynamoHistoryStore(dynamoOfOwner(), TABLE);
    for (let version = 1; version <= 102; version += 1) await history.putEvent(ref, `${version}:0`, EVENT);
    await history.putEvent({ repository: 'hidden', branch: 'main' }, '1:0', EVENT);
  });

  it('answers the audit trail page by page, the oldest event first (rule 5.4)', async () => {
    const { page } = await ask();
    expect(page).toMatchObject({ ...ref, next: '100:0' });
    expect(page?.events).toHaveLength(100);
    expect(page?.events[0]).toEqual({ id: '1:0', ...EVENT });
    const rest = await ask({ after: '100:0' });
    expect(rest.page?.events.map(({ id }) => id)).toEqual(['101:0', '102:0']);
    expect(rest.page?.next).toBeNull();
    expect((await ask({ after: '102:0' })).page).toMatchObject({ events: [], next: null });
  });

  it('refuses what is no id of an event, and shows nothing that the token may not see', async () => {
    for (const after of ['x', '1', '1:0:0', '-1:0', '']) {
      expect(await ask({ after })).toMatchObject({
        status: 400,
        body: { type: 'urn:headlock:problem:malformed_cursor' },
      });
    }
    expect(await ask({ repository: 'hidden' })).toMatchObject({ status: 404 });
    expect(await ask({ headers: { authorization: '' } })).toMatchObject({ status: 401 });
    expect(await get({ route, repository: 'two-branches' })).toMatchObject({ status: 400 });
  });
});

describe('tokens', () => {
  const authorized = async (authorization: string) =>
    (await get({ repository: 'payments', headers: { authorization } })).status;
  const basic = (user: string, password: string) => Buffer.from(`${user}:${password}`).toString('base64');

  it('count as bearer or as basic password, the scheme in any case', async () => {
    expect(await authorized(`bearer ${token}`)).toBe(200);
    expect(await authorized(`BASIC ${basic('any', token)}`)).toBe(200);
    expect(await authorized(`Basic ${basic('', token)}`)).toBe(200);
  });

  it('are refused alike where they are missing, malformed, unknown, expired or revoked', async () => {
    const expired = await createToken({ expires: timeFromNow(-1) });
    const revoked = await createToken({ revoked: timeFromNow(-HOUR) });
    for (const authorization of [
      '',
      'Bearer',
      'Bearer ',
      `Bearer ${createTokenText()}`,
      `Bearer ${token.slice(0, -1)}`,
      `Bearer ${hashTokenText(token)}`,
      `Bearer ${expired}`,
      `Bearer ${revoked}`,
      `Basic ${basic(token, '')}`,
      `Basic ${token}`,
      `Digest ${token}`,
      token,
    ]) {
      const { status, headers, body } = await get({ repository: 'payments', headers: { authorization } });
      expect([authorization, status]).toEqual([authorization, 401]);
      expect(headers).toMatchObject({ 'www-authenticate': 'Bearer realm="headlock"' });
      expect(body).toMatchObject({ type: 'urn:headlock:problem:unauthenticated' });
    }
  });

  it('never expire where no time is set', async () => {
    expect(await authorized(`Bearer ${await createToken({ expires: null })}`)).toBe(200);
  });
});

describe('GET /v1/repositories', () => {
  const route = 'GET /v1/repositories';

  it('lists the guarded branches that the token may see, with an entity tag', async () => {
    const narrow = await createToken({ repositories: ['two-branches', 'payments', 'retired', 'no-branches'] });
    const headers = { authorization: `Bearer ${narrow}` };
    const { status, body, headers: answered } = await get({ route, headers });
    expect(status).toBe(200);
    expect(repositoryListSchema.parse(body)).toEqual({
      repositories: [
        {
          name: 'payments',
          branches: [{ branch: 'main', state: 'Locked', revision: oidOf('b'), sequence: 1 }],
          tags: null,
        },
        {
          name: 'two-branches',
          branches: [
            { branch: 'main', state: 'Pending', revision: null, sequence: 0 },
            { branch: 'release/1.0', state: 'Trusted', revision: oidOf('b', 64), sequence: 7 },
          ],
          tags: null,
        },
      ],
    });
    const again = await get({ route, headers: { ...headers, 'if-none-match': String(answered.etag) } });
    expect(again).toMatchObject({ status: 304, body: null });
  });

  it('asks for a token', async () => {
    expect(await get({ route, headers: { authorization: '' } })).toMatchObject({ status: 401 });
  });
});

describe('what needs no token', () => {
  const headers = { authorization: '' };

  it('is the health and the description', async () => {
    expect(await get({ route: 'GET /healthz', headers })).toMatchObject({ status: 200, body: { status: 'ok' } });
    expect(await get({ route: 'GET /openapi.json', headers })).toMatchObject({
      status: 200,
      body: { openapi: '3.1.1' },
    });
  });

  it('is no route that nobody knows', async () => {
    expect(await get({ route: 'GET /unknown', headers })).toMatchObject({ status: 500 });
  });
});
