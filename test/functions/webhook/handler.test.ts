import { createHmac } from 'node:crypto';
import { DeleteMessageCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import { beforeAll, describe, expect, it } from 'vitest';
import { deliveryOutcomeSchema, problemSchema } from '../../../functions/trusted-revision/response-schemas.ts';
import { createKmsClient } from '../../../shared/kms/kms-client.ts';
import { createKmsSecretVault } from '../../../shared/kms/kms-secret-vault.ts';
import { parseDecisionHint } from '../../../shared/queue/decision-hint.ts';
import { createDynamoClient } from '../../../shared/store/dynamo-client.ts';
import { createDynamoPolicyStore } from '../../../shared/store/dynamo-policy-store.ts';
import { createDynamoSecretStore } from '../../../shared/store/dynamo-secret-store.ts';
import { actAs, ownerOf } from '../../support/act-as.ts';
import { createAppPolicy } from '../../support/app-deliveries.ts';
import { TABLE, useEmbeddedServices } from '../../support/embedded-services.ts';
import { createPolicy } from '../../support/policies.ts';

const services = useEmbeddedServices();
const MIB = 1024 * 1024;
// One is named like a repository whose policy names none: it must not stand in.
const SECRETS = {
  'no-webhook': ['st4nd-in'],
  'github-secret': ['new s3cr3t', 'old s3cr3t'],
  'gitlab-secret': ['tok3n'],
  hook: ['4pp s3cr3t'],
};

let handler: typeof import('../../../functions/webhook/handler.ts').handler;
let queueUrl: string;

beforeAll(async () => {
  queueUrl = services().createQueue({ QueueName: 'decisions.fifo', FifoQueue: true, VisibilityTimeout: 300 }).url;
  Object.assign(process.env, { HEADLOCK_TABLE: TABLE, HEADLOCK_QUEUE_URL: queueUrl, POWERTOOLS_LOG_LEVEL: 'SILENT' });
  process.env.POWERTOOLS_METRICS_DISABLED = 'true';
  const dynamo = createDynamoClient();
  const secretStore = createDynamoSecretStore(dynamo, TABLE);
  const { keyId } = services().createKey('SecretsKey', {});
  const vault = createKmsSecretVault(createKmsClient(), { secretStore, keyId });
  for (const [name, values] of Object.entries(SECRETS)) {
    const ciphertexts = await Promise.all(values.map((value) => vault.seal(name, 'webhook', Buffer.from(value))));
    await secretStore.write({ name, purpose: 'webhook', ciphertexts, updated: '2026-11-21T10:15:00.000Z' });
  }
  const policies = createDynamoPolicyStore(dynamo, TABLE);
  for (const policy of [
    createPolicy('payments', { webhook: { secretRef: 'github-secret' } }),
    createPolicy('on-gitlab', { provider: 'gitlab', webhook: { secretRef: 'gitlab-secret' } }),
    createPolicy('no-webhook', { webhook: null }),
    createPolicy('no-secret', { webhook: { secretRef: 'never-set' } }),
    createAppPolicy('app-shop', 'https://github.com/acme/shop.git'),
    createAppPolicy('app-tools', 'https://github.com/acme/tools.git', 'idle-app'),
  ]) {
    await policies.add(policy, [], 0);
  }
  await actAs('webhook', services());
  ({ handler } = await import('../../../functions/webhook/handler.ts'));
});

interface Posted {
  readonly source: string;
  readonly body?: string | Buffer;
  readonly headers?: Record<string, string>;
}

/** Calls the handler as API Gateway does: bytes that are no known text come in base64. */
async function post({ source, body = '', headers = {} }: Posted) {
  const isBase64Encoded = Buffer.isBuffer(body);
  const event = {
    version: '2.0',
    routeKey: 'POST /webhooks/{source}',
    pathParameters: { source },
    headers,
    body: isBase64Encoded ? body.toString('base64') : body,
    isBase64Encoded,
    requestContext: { requestId: 'request-1' },
  } as unknown as APIGatewayProxyEventV2 & { rawBody: Buffer };
  const response = (await handler(event, {} as Context)) as APIGatewayProxyStructuredResultV2;
  const answered: unknown = JSON.parse(response.body ?? '');
  const schema = Number(response.statusCode) < 400 ? deliveryOutcomeSchema : problemSchema;
  return { status: response.statusCode, headers: response.headers, body: schema.parse(answered) };
}

const sign = (body: string | Buffer, secret: string) =>
  `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;

function createPush(branch: string, delivery: string, secret = 'new s3cr3t'): Posted {
  const body = JSON.stringify({ ref: `refs/heads/${branch}`, after: 'b'.repeat(40) });
  const headers = {
    'x-github-event': 'push',
    'x-github-delivery': delivery,
    'x-hub-signature-256': sign(body, secret),
  };
  return { source: 'payments', body, headers };
}

/** Takes what is queued out of the queue. */
async function takeHints() {
  const client = new SQSClient(ownerOf(services()));
  const command = new ReceiveMessageCommand({ QueueUrl: queueUrl, MaxNumberOfMessages: 10 });
  const { Messages: messages = [] } = await client.send(command);
  for (const { ReceiptHandle } of messages) {
    await client.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle }));
  }
  return messages.map((message) => parseDecisionHint(message.Body ?? ''));
}

describe('POST /webhooks/{source}', () => {
  it('queues a push, in text or base64, signed with either secret, once a delivery', async () => {
    const push = createPush('main', 'delivery-1', 'old s3cr3t');
    expect(await post(push)).toMatchObject({ status: 202, body: { status: 'queued', delivery: 'delivery-1' } });
    const replayed = await post({ ...push, body: Buffer.from(String(push.body)) });
    expect(replayed).toMatchObject({ status: 202, body: { status: 'queued', delivery: 'delivery-1' } });
    const gitlab = { 'x-gitlab-token': 'tok3n', 'x-gitlab-event': 'Push Hook', 'idempotency-key': 'delivery-2' };
    expect(await post({ source: 'on-gitlab', body: '{"ref":"refs/heads/main"}', headers: gitlab })).toMatchObject({
      status: 202,
    });
    expect(await takeHints()).toEqual([
      { ref: { repository: 'payments', branch: 'main' }, delivery: 'push:delivery-1' },
      { ref: { repository: 'on-gitlab', branch: 'main' }, delivery: 'push:delivery-2' },
    ]);
  });

  it('takes the repository from the address, never from the payload (rule 5.2)', async () => {
    const body = JSON.stringify({ ref: 'refs/heads/main', repository: { name: 'on-gitlab', full_name: 'on-gitlab' } });
    const headers = {
      'x-github-event': 'push',
      'x-github-delivery': 'names-another',
      'x-hub-signature-256': sign(body, 'new s3cr3t'),
    };
    await post({ source: 'payments', body, headers });
    expect(await takeHints()).toEqual([
      { ref: { repository: 'payments', branch: 'main' }, delivery: 'push:names-another' },
    ]);
  });

  it.each([
    ['a ping', { ...createPush('main', '1').headers, 'x-github-event': 'ping' }, 'main', 'ping'],
    ['a branch that is not guarded', createPush('other', '1').headers, 'other', 'unguarded_branch'],
  ])('ignores %s', async (_, headers, branch, reason) => {
    const answer = await post({ ...createPush(branch, '1'), headers: headers ?? {} });
    expect(answer).toMatchObject({ status: 200, body: { status: 'ignored', reason } });
    expect(await takeHints()).toEqual([]);
  });

  it('answers a wrong signature, an unknown source and a missing secret alike', async () => {
    const push = createPush('main', 'refused');
    const refused = [
      await post({ ...push, headers: { ...push.headers, 'x-hub-signature-256': sign('other', 'new s3cr3t') } }),
      await post({ ...push, headers: {} }),
      await post({ ...push, source: 'unknown' }),
      await post({ ...push, source: 'no-webhook' }),
      await post({ ...createPush('main', 'refused', 'st4nd-in'), source: 'no-webhook' }),
      await post({ ...push, source: 'no-secret' }),
      await post({ ...push, source: 'github-secret' }),
      await post({ ...push, source: 'a:b' }),
      await post({ ...push, source: 'x'.repeat(10_000) }),
      await post({ ...push, source: '' }),
    ];
    const [first] = refused;
    expect(first).toMatchObject({
      status: 401,
      headers: { 'content-type': 'application/problem+json', 'www-authenticate': 'Webhook realm="headlock"' },
      body: { type: 'urn:headlock:problem:unauthenticated', status: 401, instance: 'request-1' },
    });
    for (const other of refused) expect(other).toEqual(first);
    expect(await takeHints()).toEqual([]);
  });

  it("finds the repository of an app's push by the payload, and none that another app has", async () => {
    const pushTo = (source: string, name: string, delivery: string) => {
      const repository = { clone_url: `https://github.com/acme/${name}.git` };
      const body = JSON.stringify({ ref: 'refs/heads/main', repository });
      const signature = sign(body, '4pp s3cr3t');
      const names = { 'x-github-event': 'push', 'x-github-delivery': delivery };
      return post({ source, body, headers: { ...names, 'x-hub-signature-256': signature } });
    };
    expect(await pushTo('acme', 'shop', 'app-1')).toMatchObject({ status: 202, body: { delivery: 'app-1' } });
    const ignored = { status: 200, body: { status: 'ignored', reason: 'unknown_repository' } };
    expect(await pushTo('acme', 'tools', 'app-2')).toMatchObject(ignored);
    expect(await pushTo('idle-app', 'shop', 'app-3')).toMatchObject(ignored);
    expect(await pushTo('app-shop', 'shop', 'app-4')).toMatchObject({ status: 401 });
    expect(await takeHints()).toEqual([{ ref: { repository: 'app-shop', branch: 'main' }, delivery: 'push:app-1' }]);
  });

  it('tells of malformed and form-encoded deliveries only whoever is authentic', async () => {
    const broken = '{"ref":"refs/heads/ma';
    const headers = { 'x-github-event': 'push', 'x-hub-signature-256': sign(broken, 'new s3cr3t') };
    expect(await post({ source: 'payments', body: broken, headers })).toMatchObject({
      status: 400,
      body: { type: 'urn:headlock:problem:malformed_delivery' },
    });
    expect(await post({ source: 'payments', body: broken, headers: { 'x-github-event': 'push' } })).toMatchObject({
      status: 401,
    });
    const form = Buffer.from('payload=%7B%7D');
    const formHeaders = { 'content-type': 'application/x-www-form-urlencoded', 'x-github-event': 'push' };
    const signature = { 'x-hub-signature-256': sign(form, 'new s3cr3t') };
    expect(await post({ source: 'payments', body: form, headers: { ...formHeaders, ...signature } })).toMatchObject({
      status: 415,
      body: { detail: expect.stringContaining('application/json') },
    });
    expect(await post({ source: 'payments', body: form, headers: formHeaders })).toMatchObject({ status: 401 });
  });

  it('refuses more than 5 MiB and takes as much', async () => {
    const head = '{"ref":"refs/heads/main","x":"';
    const body = `${head}${'x'.repeat(5 * MIB - head.length - 2)}"}`;
    const headers = { 'x-github-event': 'push', 'x-hub-signature-256': sign(body, 'new s3cr3t') };
    expect(await post({ source: 'payments', body, headers })).toMatchObject({ status: 202 });
    for (const larger of [`${body} `, Buffer.from(`${body} `), 'x'.repeat(7 * MIB)]) {
      expect(await post({ source: 'payments', body: larger, headers })).toMatchObject({
        status: 413,
        body: { type: 'urn:headlock:problem:body_too_large' },
      });
    }
  });
});
