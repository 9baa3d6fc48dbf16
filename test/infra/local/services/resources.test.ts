import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, describe, expect, test } from 'vitest';
import type { PublishedMessage } from '../../../../infra/local/services/sns/topics.ts';
import { TABLE_KEYS } from '../../../contract/cloud.ts';
import { startTemporaryServices } from '../../../support/temporary-services.ts';

const services = await startTemporaryServices();
const { endpoint, region, credentials } = services;
const settings = { endpoint, region, credentials };
afterAll(services.close);

const UNSUPPORTED = expect.objectContaining({ code: 'unsupported_resource', kind: 'configuration' });

test('a table is made once, kept, and not taken for one with other keys', async () => {
  const table = await services.createTable({ TableName: 'headlock', ...TABLE_KEYS, BillingMode: 'PAY_PER_REQUEST' });
  expect(table).toEqual({ name: 'headlock', arn: `arn:aws:dynamodb:${region}:000000000000:table/headlock` });
  const Item = { pk: { S: 'a' }, sk: { S: 'b' } };
  await new DynamoDBClient(settings).send(new PutItemCommand({ TableName: 'headlock', Item }));
  expect(await services.createTable({ TableName: 'headlock', ...TABLE_KEYS })).toEqual(table);
  const isThere = { TableName: 'headlock', Item, ConditionExpression: 'attribute_exists(pk)' };
  await new DynamoDBClient(settings).send(new PutItemCommand(isThere));
  const hashOnly = {
    AttributeDefinitions: TABLE_KEYS.AttributeDefinitions.slice(0, 1),
    KeySchema: TABLE_KEYS.KeySchema.slice(0, 1),
  };
  await expect(services.createTable({ TableName: 'headlock', ...hashOnly })).rejects.toEqual(UNSUPPORTED);
});

describe('what the embedded services cannot do is refused, by name', () => {
  test.each([
    ['a queue of a type that its name denies', () => services.createQueue({ QueueName: 'standard.fifo' })],
    ['a delay', () => services.createQueue({ QueueName: 'd.fifo', FifoQueue: true, DelaySeconds: 5 })],
    [
      'deduplication by content',
      () => services.createQueue({ QueueName: 'c.fifo', FifoQueue: true, ContentBasedDeduplication: true }),
    ],
    ['a FIFO topic', () => services.createTopic({ TopicName: 'topic', FifoTopic: true })],
    ['a signing key of another kind', () => services.createKey('S', { KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' })],
  ])('%s', (_, create) => {
    expect(create).toThrow(UNSUPPORTED);
  });

  test('a dead-letter queue that is not there', () => {
    const RedrivePolicy = { deadLetterTargetArn: `arn:aws:sqs:${region}:000000000000:none.fifo`, maxReceiveCount: 3 };
    const create = () => services.createQueue({ QueueName: 'r.fifo', FifoQueue: true, RedrivePolicy });
    expect(create).toThrow('The specified queue does not exist.');
  });

  test('an index', async () => {
    const properties = { TableName: 'indexed', ...TABLE_KEYS, GlobalSecondaryIndexes: [{ IndexName: 'i' }] };
    await expect(services.createTable(properties)).rejects.toThrow('GlobalSecondaryIndexes');
  });
});

test('a queue is made once, and the latest properties count', async () => {
  const former = services.createQueue({ QueueName: 'q.fifo', FifoQueue: true, VisibilityTimeout: 30 });
  const latter = services.createQueue({ QueueName: 'q.fifo', FifoQueue: true, VisibilityTimeout: 1 });
  expect(latter).toEqual(former);
  expect(latter).toEqual({
    name: 'q.fifo',
    url: `${endpoint}/000000000000/q.fifo`,
    arn: `arn:aws:sqs:${region}:000000000000:q.fifo`,
  });
  const sqs = new SQSClient(settings);
  const message = { QueueUrl: latter.url, MessageBody: 'held', MessageGroupId: 'a', MessageDeduplicationId: '1' };
  await sqs.send(new SendMessageCommand(message));
  const receive = () => sqs.send(new ReceiveMessageCommand({ QueueUrl: latter.url, WaitTimeSeconds: 10 }));
  expect((await receive()).Messages).toHaveLength(1);
  expect((await receive()).Messages).toHaveLength(1);
});

test('a listener hears each message of every topic until it has enough', async () => {
  const sns = new SNSClient(settings);
  const { arn } = services.createTopic({ TopicName: 'alerts' });
  const { arn: otherArn } = services.createTopic({ TopicName: 'other' });
  const heard: PublishedMessage[] = [];
  const stop = services.onMessage((message) => heard.push(message));
  const MessageAttributes = {
    event: { DataType: 'String', StringValue: 'locked' },
    repository: { DataType: 'String', StringValue: 'a & b' },
  };
  await sns.send(new PublishCommand({ TopicArn: arn, Message: '{"text":"<ü>\\n"}', MessageAttributes }));
  await sns.send(new PublishCommand({ TopicArn: otherArn, Message: 'second' }));
  stop();
  await sns.send(new PublishCommand({ TopicArn: arn, Message: 'third' }));
  expect(heard.map(({ topicArn, message, subject, attributes }) => [topicArn, message, subject, attributes])).toEqual([
    [arn, '{"text":"<ü>\\n"}', null, { event: 'locked', repository: 'a & b' }],
    [otherArn, 'second', null, {}],
  ]);
  expect(services.listMessages(arn).map(({ message }) => message)).toEqual(['{"text":"<ü>\\n"}', 'third']);
  expect(services.listMessages(arn)[0]).toEqual(heard[0]);
});
