import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import { beforeAll, describe, expect, it } from 'vitest';
import { tagPublicationSchema } from '../../../functions/trusted-revision/response-schemas.ts';
import { allTagsOf } from '../../../shared/model/tag-ref.ts';
import { createDynamoHistoryStore } from '../../../shared/store/dynamo-history-store.ts';
import { createDynamoTagStore } from '../../../shared/store/dynamo-tag-store.ts';
import { createDynamoTokenStore } from '../../../shared/store/dynamo-token-store.ts';
import { createTokenText, hashTokenText } from '../../../shared/store/token-text.ts';
import { createGuardedTags } from '../../../shared/trust/apply-tags.ts';
import { actAs, dynamoOfOwner } from '../../support/act-as.ts';
import { TABLE, useEmbeddedServices } from '../../support/embedded-services.ts';
import { oidOf } from '../../support/small-history.ts';
import { createNewTagState, createTrustedTagState } from '../../support/tag-states.ts';

useEmbeddedServices();

const SINCE = '2026-11-21T10:20:00.000Z';
const LOCK = { commit: oidOf('e'), reason: 'tag_moved', message: 'Moved.', nextStep: 'Look.', since: SINCE } as const;
const MOVED = createTrustedTagState('shop', 'rel/v1', { lock: LOCK, tip: { revision: oidOf('e'), seenAt: SINCE } });
const ROUTE = 'GET /v1/repositories/{repository}/trusted-revision';
const COUNTS = { Pending: 1, Trusted: 0, Locked: 1, Compromised: 0 };

let handler: typeof import('../../../functions/trusted-revision/handler.ts').handler;
let token: string;

beforeAll(async () => {
  Object.assign(process.env, {
    HEADLOCK_TABLE: TABLE,
    HEADLOCK_POLL_AFTER_SECONDS: '30',
    POWERTOOLS_LOG_LEVEL: 'SILENT',
  });
  const client = dynamoOfOwner();
  const tags = createDynamoTagStore(client, TABLE);
  for (const repository of ['shop', 'hidden']) await tags.write({ ...MOVED, ref: { ...MOVED.ref, repository } });
  await tags.write(createNewTagState('shop', 'v2', { missingSince: SINCE }));
  await tags.write(createTrustedTagState('shop', 'old', { retired: true }));
  const change = { policyVersion: 1, actor: 'a test', now: SINCE, url: null, exceptions: {} };
  await tags.guarded.write({ ...createGuardedTags(allTagsOf('shop'), change), counts: COUNTS });
  const event = { kind: 'locked', at: SINCE, sequence: 1, actor: 'headlock', message: 'Moved.', details: {} } as const;
  await createDynamoHistoryStore(client, TABLE).putEvent(MOVED.ref, '2:0', event);
  token = createTokenText();
  const agent = { name: 'agent', repositories: ['shop'], created: SINCE, expires: null, revoked: null };
  await createDynamoTokenStore(client, TABLE).create({ ...agent, sha256: hashTokenText(token) });
  await actAs('trusted-revision');
  ({ handler } = await import('../../../functions/trusted-revision/handler.ts'));
});

async function get(query: Record<string, string>, { route = ROUTE, repository = 'shop', headers = {} } = {}) {
  const event = {
    version: '2.0',
    routeKey: route,
    headers: { authorization: `Bearer ${token}`, ...headers },
    pathParameters: { repository },
    queryStringParameters: query,
    requestContext: { requestId: 'request-1' },
    isBase64Encoded: false,
  } as unknown as APIGatewayProxyEventV2;
  const answer = (await handler(event, {} as Context)) as APIGatewayProxyStructuredResultV2;
  return { status: answer.statusCode, etag: answer.headers?.etag, body: answer.body ? JSON.parse(answer.body) : null };
}

describe('GET /v1/repositories/{repository}/trusted-revision?tag= (trust rule 4.9)', () => {
  it('answers the object that was proven and its commit, also where the tag was moved (trust rule 6.3)', async () => {
    const { status, body, etag } = await get({ tag: 'rel/v1' });
    expect(status).toBe(200);
    expect(body).toEqual({
      repository: 'shop',
      tag: 'rel/v1',
      state: 'Locked',
      revision: oidOf('b'),
      object: oidOf('d'),
      objectFormat: 'sha1',
      sequence: 1,
      decidedAt: '2026-11-21T10:15:00.000Z',
      tip: { revision: oidOf('e'), seenAt: SINCE },
      lock: LOCK,
      compromise: null,
      pollAfterSeconds: 30,
    });
    expect(tagPublicationSchema.parse(body)).toEqual(body);
    expect(await get({ tag: 'rel/v1' }, { headers: { 'if-none-match': String(etag) } })).toMatchObject({ status: 304 });
  });

  it('answers neither where a branch is named too', async () => {
    const { status, body } = await get({ tag: 'rel/v1', branch: 'main' });
    expect(status).toBe(400);
    expect(body).toMatchObject({
      type: 'urn:headlock:problem:branch_and_tag',
      detail: expect.stringContaining('?tag='),
    });
  });

  it('answers a tag of which nothing is published', async () => {
    const { body } = await get({ tag: 'v2' });
    expect(body).toMatchObject({ state: 'Pending', revision: null, object: null, sequence: 0, tip: null });
  });

  it.each([
    [{ tag: 'v1' }, 'shop'],
    [{ tag: 'refs/tags/rel/v1' }, 'shop'],
    [{ tag: '' }, 'shop'],
    [{ tag: '-' }, 'shop'],
    [{ tag: 'old' }, 'shop'],
    [{ tag: 'rel/v1' }, 'hidden'],
    [{ tag: 'rel/v1' }, 'Sh:op'],
    [{ branch: 'refs/tags/rel/v1' }, 'shop'],
    [{}, 'shop'],
  ])('answers 404 to %o of %s', async (query, repository) => {
    expect(await get(query, { repository })).toMatchObject({ status: 404 });
  });
});

describe('beside it', () => {
  it('the list of repositories tells how many tags are in each state', async () => {
    const { body } = await get({}, { route: 'GET /v1/repositories' });
    expect(body).toEqual({ repositories: [{ name: 'shop', branches: [], tags: COUNTS }] });
  });

  it("a tag's audit trail is answered as a branch's", async () => {
    const { body } = await get({ tag: 'rel/v1' }, { route: 'GET /v1/repositories/{repository}/events' });
    expect(body).toMatchObject({ branch: 'refs/tags/rel/v1', events: [{ kind: 'locked' }], next: null });
  });
});
