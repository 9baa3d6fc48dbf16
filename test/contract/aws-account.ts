import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { CreateTableCommand, DeleteTableCommand, DynamoDBClient, waitUntilTableExists } from '@aws-sdk/client-dynamodb';
import { CreateKeyCommand, KMSClient, ScheduleKeyDeletionCommand } from '@aws-sdk/client-kms';
import { CreateTopicCommand, DeleteTopicCommand, SNSClient } from '@aws-sdk/client-sns';
import { CreateQueueCommand, DeleteQueueCommand, GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { type Cloud, type QueueProperties, TABLE_KEYS } from './cloud.ts';

/** A queue can be used a second after it was made (SQS API reference, CreateQueue). */
const NEW_QUEUE_MS = 1_000;

/** A real account, by the ambient credentials and region. Everything is named `headlock-contract-…` and removed by `close`. */
export async function connectAccount(): Promise<Cloud> {
  const dynamoDb = new DynamoDBClient();
  const sqs = new SQSClient();
  const sns = new SNSClient();
  const kms = new KMSClient();
  const removals: (() => Promise<unknown>)[] = [];
  const createName = () => `headlock-contract-${randomUUID()}`;
  return {
    settings: { region: await dynamoDb.config.region() },
    async createTable() {
      const TableName = createName();
      await dynamoDb.send(
        new CreateTableCommand({
          TableName,
          AttributeDefinitions: [...TABLE_KEYS.AttributeDefinitions],
          KeySchema: [...TABLE_KEYS.KeySchema],
          BillingMode: 'PAY_PER_REQUEST',
        }),
      );
      removals.push(() => dynamoDb.send(new DeleteTableCommand({ TableName })));
      await waitUntilTableExists({ client: dynamoDb, maxWaitTime: 60 }, { TableName });
      return TableName;
    },
    async createQueue({ FifoQueue = true, ...properties } = {}) {
      const QueueName = FifoQueue ? `${createName()}.fifo` : createName();
      // A standard queue has no such attribute.
      const Attributes = toAttributes({ ...(FifoQueue && { FifoQueue }), ...properties });
      const answer = await sqs.send(new CreateQueueCommand({ QueueName, Attributes }));
      const QueueUrl = answer.QueueUrl ?? '';
      removals.push(() => sqs.send(new DeleteQueueCommand({ QueueUrl })));
      await delay(NEW_QUEUE_MS);
      const found = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }));
      return { url: QueueUrl, arn: found.Attributes?.QueueArn ?? '' };
    },
    async createTopic() {
      const { TopicArn } = await sns.send(new CreateTopicCommand({ Name: createName() }));
      removals.push(() => sns.send(new DeleteTopicCommand({ TopicArn })));
      return TopicArn ?? '';
    },
    async createKey(spec) {
      const properties = spec === undefined ? {} : ({ KeySpec: spec, KeyUsage: 'SIGN_VERIFY' } as const);
      const { KeyMetadata } = await kms.send(new CreateKeyCommand({ Description: createName(), ...properties }));
      const KeyId = KeyMetadata?.KeyId;
      removals.push(() => kms.send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 7 })));
      return KeyMetadata?.Arn ?? '';
    },
    passTime: (seconds) => delay(seconds * 1000),
    async nextTaken() {
      await delay(1000);
      return { gone: () => delay(1000) };
    },
    async close() {
      // One that cannot be removed keeps none of the others.
      const outcomes = await Promise.allSettled(removals.map((remove) => remove()));
      const failures = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
      if (failures.length > 0) throw new AggregateError(failures, 'Look for what is left as headlock-contract-….');
    },
  };
}

function toAttributes(properties: QueueProperties): Record<string, string> {
  return Object.fromEntries(
    Object.entries(properties).map(([name, value]) => [
      name,
      typeof value === 'object' ? JSON.stringify(value) : String(value),
    ]),
  );
}
