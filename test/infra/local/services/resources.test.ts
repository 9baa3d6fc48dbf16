import { setTimeout as delay } from 'node:timers/promises';
import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, describe, expect, test } from 'vitest';
import type { PublishedMessage } from '../../../../infra/local/services/sns/topics.ts';
import { startServices } from '../../../../infra/local/services/start-services.ts';
import { TABLE_KEYS } from '../../../contract/cloud.ts';

const services = await startServices({ folder: null });
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
    ['a standard queue', () => services.createQueue({ QueueName: 'standard' })],
    ['a delay', () => services.createQueue({ QueueName: 'd.fifo', FifoQueue: true, DelaySeconds: 5 })],
    ['a FIFO topic', () => services.createTopic({ TopicName: 'topic', FifoTopic: true })],
    ['a signing key', () => services.createKey('Sign', { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' })],
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

test('a queue takes its properties as CloudFormation writes them, and the latest count', async () => {
  const former = services.createQueue({ QueueName: 'q.fifo', FifoQueue: 'true', ReceiveMessageWaitTimeSeconds: '20' });
  const latter = services.createQueue({ QueueName: 'q.fifo', FifoQueue: true });
  expect(latter).toEqual(former);
  expect(latter).toEqual({
    name: 'q.fifo',
    url: `${endpoint}/000000000000/q.fifo`,
    arn: `arn:aws:sqs:${region}:000000000000:q.fifo`,
  });
  const start = Date.now();
  await new SQSClient(settings).send(new ReceiveMessageCommand({ QueueUrl: latter.url }));
  expect(Date.now() - start).toBeLessThan(10_000);
});

test('releasing what is in flight wakes a receiver that waits', async () => {
  const sqs = new SQSClient(settings);
  const { url: QueueUrl } = services.createQueue({ QueueName: 'release.fifo', FifoQueue: true });
  const message = { QueueUrl, MessageBody: 'held', MessageGroupId: 'a', MessageDeduplicationId: '1' };
  await sqs.send(new SendMessageCommand(message));
  await sqs.send(new ReceiveMessageCommand({ QueueUrl }));
  const start = Date.now();
  const receiving = sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 }));
  await delay(100);
  services.releaseInFlight();
  expect((await receiving).Messages?.map(({ Body }) => Body)).toEqual(['held']);
  expect(Date.now() - start).toBeLessThan(10_000);
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
