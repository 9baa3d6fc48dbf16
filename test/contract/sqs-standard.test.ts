import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import { beforeAWaitEnds } from './before-a-wait-ends.ts';
import { connect } from './connect.ts';
import { bodies, createQueueClient } from './queue-client.ts';

const cloud = await connect();
afterAll(cloud.close);
afterEach(() => {
  vi.useRealTimers();
});

async function createStandardQueue(properties = {}) {
  const { sqs, QueueUrl, ...queue } = await createQueueClient(cloud, { FifoQueue: false, ...properties });
  const send = (MessageBody: string, more = {}) => sqs.send(new SendMessageCommand({ QueueUrl, MessageBody, ...more }));
  return { ...queue, send };
}

describe('a standard queue', () => {
  test('gives each message once while it is in flight, whatever others wait for', async () => {
    const queue = await createStandardQueue();
    const sent = await queue.send('one');
    expect(sent.SequenceNumber).toBeUndefined();
    await queue.send('one');
    const waiting = { MaxNumberOfMessages: 1, WaitTimeSeconds: 2 };
    const received = [...(await queue.receive(waiting)), ...(await queue.receive(waiting))];
    expect(bodies(received)).toEqual(['one', 'one']);
    expect(new Set(received.map(({ MessageId }) => MessageId)).size).toBe(2);
    for (const message of received) {
      expect(message.Attributes).not.toHaveProperty('MessageGroupId');
      expect(message.Attributes).not.toHaveProperty('SequenceNumber');
      await queue.delete(message);
    }
    expect(await queue.receive()).toEqual([]);
  });

  test('gives a delayed message when its time has come, and others before it', async () => {
    const queue = await createStandardQueue();
    await cloud.passTime(0);
    await queue.send('later', { DelaySeconds: 3 });
    await queue.send('now', { DelaySeconds: 0 });
    const [first] = await queue.receive({ WaitTimeSeconds: 1 });
    expect(first?.Body).toBe('now');
    await queue.delete(first);
    expect(await queue.receive()).toEqual([]);
    await cloud.passTime(3);
    expect(bodies(await queue.receive({ WaitTimeSeconds: 2 }))).toEqual(['later']);
  });

  test('wakes a receiver up when a delay ends', async () => {
    const queue = await createStandardQueue();
    await beforeAWaitEnds(cloud, async () => {
      await queue.send('later', { DelaySeconds: 1 });
      expect(bodies(await queue.receive({ WaitTimeSeconds: 20 }))).toEqual(['later']);
    });
  });

  test('gives a message again whose visibility ended', async () => {
    const queue = await createStandardQueue({ VisibilityTimeout: 2 });
    await cloud.passTime(0);
    await queue.send('one');
    expect(bodies(await queue.receive({ WaitTimeSeconds: 2 }))).toEqual(['one']);
    await cloud.passTime(3);
    const [again] = await queue.receive({ WaitTimeSeconds: 2 });
    expect([again?.Body, again?.Attributes?.ApproximateReceiveCount]).toEqual(['one', '2']);
  });

  // "Fair queues" of the SQS developer guide.
  test('takes a message group, which locks nothing', async () => {
    const queue = await createStandardQueue();
    await queue.send('one', { MessageGroupId: 'a' });
    await queue.send('two', { MessageGroupId: 'a' });
    const received: (string | undefined)[] = [];
    while (received.length < 2)
      received.push(...bodies(await queue.receive({ MaxNumberOfMessages: 1, WaitTimeSeconds: 2 })));
    expect(received.sort()).toEqual(['one', 'two']);
  });

  test('refuses a delay past a quarter of an hour, and ids that only FIFO queues know', async () => {
    const queue = await createStandardQueue();
    for (const more of [{ DelaySeconds: 901 }, { DelaySeconds: -1 }, { MessageDeduplicationId: 'x' }]) {
      await expect(queue.send('x', more)).rejects.toMatchObject({ name: 'InvalidParameterValue' });
    }
    expect(await queue.receive()).toEqual([]);
  });
});

test('a FIFO queue takes no delay of a single message', async () => {
  const queue = await createQueueClient(cloud);
  await expect(queue.send('a', 'x', { DelaySeconds: 1 })).rejects.toMatchObject({ name: 'InvalidParameterValue' });
  expect(await queue.receive()).toEqual([]);
});
