import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { DecryptCommand, EncryptCommand, KMSClient } from '@aws-sdk/client-kms';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { expect, onTestFinished, test } from 'vitest';
import { startServices } from '../../../../infra/local/services/start-services.ts';
import { bodies, createQueueClient } from '../../../contract/queue-client.ts';
import { type ServedFolder, serveFolder } from './served-folder.ts';
import { createTemporaryFolder } from './temporary-folder.ts';

const once = { maxAttempts: 1 };
/** Seconds, longer than any test takes: what is in flight stays there. */
const VisibilityTimeout = 43_200;

/** Serves the folder until the end of the test. */
async function serve(folder: string): Promise<ServedFolder> {
  const served = await serveFolder(folder);
  onTestFinished(served.kill);
  return served;
}

/** Several writers, each counting what was acknowledged, until the process is killed in the midst of it. */
async function writeUntilKilled(
  served: ServedFolder,
  writers: number,
  write: (writer: number, n: number) => Promise<unknown>,
): Promise<number[]> {
  const acknowledged = new Array<number>(writers).fill(0);
  let killed: Promise<void> | undefined;
  const run = async (writer: number) => {
    for (;;) {
      await write(writer, (acknowledged[writer] ?? 0) + 1);
      acknowledged[writer] = (acknowledged[writer] ?? 0) + 1;
      if (acknowledged.reduce((sum, count) => sum + count, 0) >= 300) {
        killed ??= served.kill();
      }
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: writers }, (_, writer) => run(writer)));
  expect(ends.every(({ status }) => status === 'rejected')).toBe(true);
  await killed;
  return acknowledged;
}

test('a table keeps every acknowledged write, version by version', async () => {
  const folder = await createTemporaryFolder();
  const former = await serve(folder);
  const client = new DynamoDBClient({ ...former.settings, ...once });
  const keyOf = (writer: number) => ({ pk: { S: 'branch:main' }, sk: { S: `writer-${writer}` } });
  const acknowledged = await writeUntilKilled(former, 8, (writer, n) =>
    client.send(
      new PutItemCommand({
        TableName: former.tableName,
        Item: { ...keyOf(writer), version: { N: String(n) }, text: { S: 'x'.repeat(n) } },
        ConditionExpression: n === 1 ? 'attribute_not_exists(pk)' : 'version = :former',
        ...(n > 1 && { ExpressionAttributeValues: { ':former': { N: String(n - 1) } } }),
      }),
    ),
  );
  const { settings, tableName } = await serve(folder);
  for (const [writer, count] of acknowledged.entries()) {
    const command = new GetItemCommand({ TableName: tableName, Key: keyOf(writer), ConsistentRead: true });
    const { version, text } = (await new DynamoDBClient(settings).send(command)).Item ?? {};
    const stored = Number(version?.N);
    // The one write that was under way may be there or not.
    expect([count, count + 1]).toContain(stored);
    expect(text?.S).toHaveLength(stored);
  }
});

test('a queue keeps every acknowledged message, its order, its locks and its memory of duplicates', async () => {
  const folder = await createTemporaryFolder();
  const former = await serve(folder);
  const asCloud = ({ settings, queueUrl }: ServedFolder) => ({
    settings: { ...settings, ...once },
    createQueue: async () => ({ url: queueUrl, arn: '' }),
  });
  const sender = await createQueueClient(asCloud(former));
  await sender.send('in-flight', 'held');
  expect(bodies(await sender.receive({ VisibilityTimeout }))).toEqual(['held']);
  const acknowledged = await writeUntilKilled(former, 4, (writer, n) =>
    sender.send(`group-${writer}`, String(n), { MessageDeduplicationId: `${writer}-${n}` }),
  );

  const services = await startServices({ folder });
  onTestFinished(services.close);
  const { endpoint, region, credentials } = services;
  const { url } = services.createQueue({ QueueName: 'decisions.fifo', FifoQueue: true });
  const receiver = await createQueueClient({
    settings: { endpoint, region, credentials },
    createQueue: async () => ({ url, arn: '' }),
  });
  const again = await receiver.send('group-0', '1', { MessageDeduplicationId: '0-1' });
  const received = new Map<string | undefined, string[]>();
  const next = () => receiver.receive({ VisibilityTimeout });
  for (let batch = await next(); batch.length > 0; batch = await next()) {
    for (const message of batch) {
      const group = message.Attributes?.MessageGroupId;
      received.set(group, [...(received.get(group) ?? []), message.Body ?? '']);
      if (message.Body === '1' && group === 'group-0') expect(message.MessageId).toBe(again.MessageId);
      await receiver.delete(message);
    }
  }
  expect(received.has('in-flight')).toBe(false);
  for (const [writer, count] of acknowledged.entries()) {
    const bodies = received.get(`group-${writer}`) ?? [];
    expect(bodies).toEqual(Array.from(bodies, (_, index) => String(index + 1)));
    expect([count, count + 1]).toContain(bodies.length);
  }
  services.releaseInFlight();
  const [held] = await receiver.receive();
  expect([held?.Body, held?.Attributes?.ApproximateReceiveCount]).toEqual(['held', '2']);
});

test('a topic keeps its messages, and a key opens what it sealed', async () => {
  const folder = await createTemporaryFolder();
  const former = await serve(folder);
  const sns = new SNSClient(former.settings);
  const kms = new KMSClient(former.settings);
  const EncryptionContext = { purpose: 'git' };
  const { CiphertextBlob } = await kms.send(
    new EncryptCommand({ KeyId: former.keyArn, Plaintext: new Uint8Array([1, 2]), EncryptionContext }),
  );
  const MessageAttributes = { event: { DataType: 'String', StringValue: 'locked' } };
  const { MessageId } = await sns.send(
    new PublishCommand({ TopicArn: former.topicArn, Message: 'one', Subject: 'main locks', MessageAttributes }),
  );
  await former.kill();

  const services = await startServices({ folder });
  onTestFinished(services.close);
  const { endpoint, region, credentials } = services;
  expect(services.createTopic({ TopicName: 'alerts' }).arn).toBe(former.topicArn);
  expect(services.listMessages(former.topicArn)).toEqual([
    {
      topicArn: former.topicArn,
      messageId: MessageId,
      subject: 'main locks',
      message: 'one',
      attributes: { event: 'locked' },
      published: expect.stringMatching(/^\d{4}-.*Z$/),
    },
  ]);
  expect(services.createKey('SecretsKey', {}).arn).toBe(former.keyArn);
  const decrypt = new DecryptCommand({ CiphertextBlob, EncryptionContext });
  const { Plaintext } = await new KMSClient({ endpoint, region, credentials }).send(decrypt);
  expect(Plaintext).toEqual(new Uint8Array([1, 2]));
});
