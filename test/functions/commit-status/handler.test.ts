import { DeleteMessageCommand, type Message, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createKmsClient } from '../../../shared/kms/kms-client.ts';
import { createKmsSecretVault } from '../../../shared/kms/kms-secret-vault.ts';
import { createSqsStatusQueue } from '../../../shared/queue/sqs-status-queue.ts';
import type { StatusQueue } from '../../../shared/queue/status-queue.ts';
import { createDynamoBranchStore } from '../../../shared/store/dynamo-branch-store.ts';
import { createDynamoClient } from '../../../shared/store/dynamo-client.ts';
import { createDynamoPolicyStore } from '../../../shared/store/dynamo-policy-store.ts';
import { createDynamoSecretStore } from '../../../shared/store/dynamo-secret-store.ts';
import { actAs, ownerOf } from '../../support/act-as.ts';
import { createLockedBranchState } from '../../support/branch-states.ts';
import { TABLE, useEmbeddedServices } from '../../support/embedded-services.ts';
import { createPolicy } from '../../support/policies.ts';
import { oidOf } from '../../support/small-history.ts';
import { type StatusStandIn, startStatusStandIn } from '../../support/status-stand-in.ts';

const services = useEmbeddedServices();
const STATE = createLockedBranchState();
const REF = STATE.ref;

let forge: StatusStandIn;
let queueUrl: string;
let queue: StatusQueue;
let sqs: SQSClient;
let handler: typeof import('../../../functions/commit-status/handler.ts').handler;

beforeAll(async () => {
  forge = await startStatusStandIn();
  queueUrl = services().createQueue({ QueueName: 'statuses.fifo', FifoQueue: true, VisibilityTimeout: 300 }).url;
  sqs = new SQSClient(ownerOf(services()));
  queue = createSqsStatusQueue(sqs, queueUrl);
  Object.assign(process.env, {
    ...{ HEADLOCK_TABLE: TABLE, HEADLOCK_STATUS_QUEUE_URL: queueUrl, POWERTOOLS_LOG_LEVEL: 'SILENT' },
  });
  const dynamo = createDynamoClient();
  const secretStore = createDynamoSecretStore(dynamo, TABLE);
  const vault = createKmsSecretVault(createKmsClient(), {
    secretStore,
    keyId: services().createKey('SecretsKey', {}).keyId,
  });
  const ciphertexts = [await vault.seal('status-token', 'status', Buffer.from('t0ken'))];
  const updated = '2026-11-21T10:15:00.000Z';
  await secretStore.write({ name: 'status-token', purpose: 'status', ciphertexts, updated });
  const policy = createPolicy(REF.repository, {
    url: `${forge.url}/acme/shop.git`,
    commitStatus: { token: { secretRef: 'status-token' } },
  });
  await createDynamoPolicyStore(dynamo, TABLE).add(policy, [], 0);
  await createDynamoBranchStore(dynamo, TABLE).write(STATE);
  await actAs('commit-status', services());
  ({ handler } = await import('../../../functions/commit-status/handler.ts'));
});
afterAll(() => forge.close());
beforeEach(() => {
  forge.fault = null;
  forge.tokens = ['t0ken'];
});

async function receive(): Promise<Message> {
  const command = new ReceiveMessageCommand({
    ...{ QueueUrl: queueUrl, WaitTimeSeconds: 10, MessageSystemAttributeNames: ['All'] },
  });
  const { Messages: [message] = [] } = await sqs.send(command);
  if (message === undefined) throw new Error('The queue has no message.');
  return message;
}

/** Takes the next message and has the function handle it, as the event source does. */
async function handleNext(): Promise<'done' | 'failed'> {
  const { MessageId, ReceiptHandle, Body, Attributes } = await receive();
  const record = { messageId: MessageId, receiptHandle: ReceiptHandle, body: Body, attributes: Attributes };
  const answer = (await handler({ Records: [record] } as unknown as SQSEvent, {} as Context)) as SQSBatchResponse;
  if (answer.batchItemFailures.length > 0) return 'failed';
  await sqs.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle }));
  return 'done';
}

describe('the function', () => {
  it('tells the forge of the commit that a hint names', async () => {
    await queue.send({ ref: REF, commit: oidOf('c'), delivery: '1:0' });
    expect(await handleNext()).toBe('done');
    expect(forge.taken.map(({ commit, body }) => [commit, body.state])).toEqual([[oidOf('c'), 'failure']]);
  });

  it('lets go of what the forge refuses, and of what there is nothing to tell of', async () => {
    const before = forge.taken.length;
    forge.tokens = [];
    await queue.send({ ref: REF, commit: oidOf('c'), delivery: '2:0' });
    expect(await handleNext()).toBe('done');
    await queue.send({ ref: REF, commit: oidOf('d'), delivery: '3:0' });
    expect(await handleNext()).toBe('done');
    expect(forge.taken).toHaveLength(before);
  });

  it.each([
    ['as soon as the forge asks', { 'retry-after': '1' }],
    ['soon, where the forge does not say', {}],
  ])('comes back %s, long before the visibility timeout, and a later hint waits', async (when, headers) => {
    const before = forge.taken.length;
    forge.fault = () => ({ kind: 'status', status: 503, headers });
    await queue.send({ ref: REF, commit: oidOf('c'), delivery: `${when}:0` });
    await queue.send({ ref: REF, commit: oidOf('b'), delivery: `${when}:1` });
    expect(await handleNext()).toBe('failed');
    forge.fault = null;
    expect(await handleNext()).toBe('done');
    expect(await handleNext()).toBe('done');
    expect(forge.taken.slice(before).map(({ commit }) => commit)).toEqual([oidOf('c'), oidOf('b')]);
  });
});
