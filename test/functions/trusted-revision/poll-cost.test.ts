import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { RECENT_MS } from '../../../functions/trusted-revision/recent-branches.ts';
import type { ServiceCall } from '../../../infra/local/services/dispatch.ts';
import { type Services, startServices } from '../../../infra/local/services/start-services.ts';
import { createDynamoBranchStore } from '../../../shared/store/dynamo-branch-store.ts';
import { createDynamoClient } from '../../../shared/store/dynamo-client.ts';
import { createDynamoTokenStore } from '../../../shared/store/dynamo-token-store.ts';
import { createTokenText, hashTokenText } from '../../../shared/store/token-text.ts';
import { createLockedBranchState } from '../../support/branch-states.ts';
import { oidOf } from '../../support/small-history.ts';

const TABLE = 'polled';
const REF = { repository: 'payments', branch: 'main' };
const token = createTokenText();
const folder = mkdtempSync(join(tmpdir(), 'hl-poll-'));
const calls: ServiceCall[] = [];

let services: Services;
let handler: typeof import('../../../functions/trusted-revision/handler.ts').handler;

beforeAll(async () => {
  // The clock stands still, so that a second is over when a test says so.
  vi.useFakeTimers({ toFake: ['Date'] });
  const intercept = (call: ServiceCall, perform: () => Promise<unknown>) => {
    calls.push(call);
    return perform();
  };
  services = await startServices({ folder, intercept });
  await services.createTable({
    TableName: TABLE,
    AttributeDefinitions: ['pk', 'sk'].map((name) => ({ AttributeName: name, AttributeType: 'S' })),
    KeySchema: [
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ],
  });
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: services.endpoint,
    AWS_REGION: services.region,
    AWS_ACCESS_KEY_ID: services.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: services.credentials.secretAccessKey,
    HEADLOCK_TABLE: TABLE,
    HEADLOCK_POLL_AFTER_SECONDS: '30',
    POWERTOOLS_LOG_LEVEL: 'SILENT',
  });
  await write();
  await createDynamoTokenStore(createDynamoClient(), TABLE).create({
    ...{ sha256: hashTokenText(token), name: 'agent', repositories: [REF.repository] },
    ...{ created: new Date().toISOString(), expires: null, revoked: null },
  });
  ({ handler } = await import('../../../functions/trusted-revision/handler.ts'));
});
beforeEach(() => {
  vi.setSystemTime(Date.now() + RECENT_MS);
  calls.splice(0);
});
afterAll(async () => {
  vi.useRealTimers();
  await services.close();
  rmSync(folder, { recursive: true, force: true });
});

const branches = () => createDynamoBranchStore(createDynamoClient(), TABLE);

async function write(): Promise<void> {
  await branches().write(createLockedBranchState({ ref: REF }));
}

async function poll(
  etag?: string,
  branch: string = REF.branch,
  bearer = token,
): Promise<APIGatewayProxyStructuredResultV2> {
  const event = {
    routeKey: 'GET /v1/repositories/{repository}/trusted-revision',
    headers: { authorization: `Bearer ${bearer}`, ...(etag !== undefined && { 'if-none-match': etag }) },
    pathParameters: { repository: REF.repository },
    ...(branch !== '' && { queryStringParameters: { branch } }),
    requestContext: { requestId: 'poll' },
  } as unknown as APIGatewayProxyEventV2;
  return (await handler(event, {} as Context)) as APIGatewayProxyStructuredResultV2;
}

const costs = () => calls.map(({ service, operation, input }) => ({ service, operation, input }));
const eventualRead = (pk: string) => ({
  service: 'DynamoDB_20120810',
  operation: 'GetItem',
  input: expect.objectContaining({ ConsistentRead: false, Key: expect.objectContaining({ pk: { S: pk } }) }),
});

it('costs two eventually consistent reads where the token is not known yet, and one afterwards', async () => {
  expect((await poll()).statusCode).toBe(200);
  expect(costs()).toEqual([eventualRead(`token:${hashTokenText(token)}`), eventualRead('branch:payments')]);
  calls.splice(0);
  for (let n = 0; n < 3; n += 1) expect((await poll()).statusCode).toBe(200);
  expect(costs()).toEqual(Array.from({ length: 3 }, () => eventualRead('branch:payments')));
});

it('costs no read to say within a second of one that nothing is new', async () => {
  const { headers } = await poll();
  calls.splice(0);
  for (let n = 0; n < 3; n += 1) expect((await poll(String(headers?.etag))).statusCode).toBe(304);
  expect(costs()).toEqual([]);
  vi.setSystemTime(Date.now() + RECENT_MS);
  expect((await poll(String(headers?.etag))).statusCode).toBe(304);
  expect(costs()).toEqual([eventualRead('branch:payments')]);
});

it('costs one eventually consistent query where no branch is named', async () => {
  const { headers } = await poll(undefined, '');
  calls.splice(0);
  expect((await poll(String(headers?.etag), '')).statusCode).toBe(304);
  const input = expect.objectContaining({ ConsistentRead: false });
  expect(costs()).toEqual([{ service: 'DynamoDB_20120810', operation: 'Query', input }]);
});

// Trust rule 6.2: a poll may be late by a moment, and is never wrong.
it('tells of a change a second later to whoever knows the state before, and to everybody else at once', async () => {
  const etag = String((await poll()).headers?.etag);
  const state = await branches().read(REF);
  if (state === null) throw new Error('The branch is gone.');
  await branches().write({ ...state, tip: { revision: oidOf('d'), seenAt: '2026-11-22T10:15:00.000Z' } });
  expect((await poll(etag)).statusCode).toBe(304);
  const fresh = await poll('"of another answer"');
  expect(JSON.parse(fresh.body ?? '')).toMatchObject({ tip: { revision: oidOf('d') } });
  // What was read since is remembered now: nobody is told of the former state again.
  expect(await poll(etag)).toMatchObject({ statusCode: 200, headers: { etag: fresh.headers?.etag } });
});

// Trust rule 6.2: another environment may have told of a later state already.
it('reads for whoever keeps several answers, or any', async () => {
  const { etag } = (await poll()).headers ?? {};
  const state = await branches().read(REF);
  if (state === null) throw new Error('The branch is gone.');
  await branches().write({ ...state, tip: { revision: oidOf('e'), seenAt: '2026-11-22T10:16:00.000Z' } });
  const fresh = await poll(`${etag}, "of another environment"`);
  expect(JSON.parse(fresh.body ?? '')).toMatchObject({ tip: { revision: oidOf('e') } });
  calls.splice(0);
  expect(await poll('*')).toMatchObject({ statusCode: 304, headers: { etag: fresh.headers?.etag } });
  expect(costs()).toEqual([eventualRead('branch:payments')]);
});

it('tells of a branch that is retired a second later', async () => {
  const etag = String((await poll()).headers?.etag);
  const state = await branches().read(REF);
  if (state === null) throw new Error('The branch is gone.');
  await branches().write({ ...state, retired: true });
  vi.setSystemTime(Date.now() + RECENT_MS);
  expect((await poll(etag)).statusCode).toBe(404);
  expect((await poll(etag)).statusCode).toBe(404);
  await branches().write({ ...state, version: state.version + 1, retired: false });
});

it('tells whoever may not see a branch nothing of what others read of it', async () => {
  const { headers } = await poll();
  const other = createTokenText();
  await createDynamoTokenStore(createDynamoClient(), TABLE).create({
    ...{ sha256: hashTokenText(other), name: 'other', repositories: ['another'] },
    ...{ created: new Date().toISOString(), expires: null, revoked: null },
  });
  expect((await poll(String(headers?.etag), REF.branch, other)).statusCode).toBe(404);
});
