import { MessageNotInflight, ReceiptHandleIsInvalid } from '@aws-sdk/client-sqs';
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import { beforeAWaitEnds } from './before-a-wait-ends.ts';
import { connect, ON_AWS } from './connect.ts';
import { bodies, createQueueClient } from './queue-client.ts';

const cloud = await connect();
afterAll(cloud.close);
afterEach(() => {
  vi.useRealTimers();
});

describe('visibility', () => {
  test('ends by itself: the message comes again, before those behind it, and counts', async () => {
    const queue = await createQueueClient(cloud, { VisibilityTimeout: 3 });
    await cloud.passTime(0);
    await queue.send('a', 'one');
    await queue.send('a', 'two');
    const [first] = await queue.receive({ MaxNumberOfMessages: 1 });
    expect(await queue.receive()).toEqual([]);
    await cloud.passTime(2);
    expect(await queue.receive()).toEqual([]);
    await cloud.passTime(1);
    const again = await queue.receive({ WaitTimeSeconds: 20 });
    expect(bodies(again)).toEqual(['one', 'two']);
    expect(again[0]?.Attributes?.ApproximateReceiveCount).toBe('2');
    expect(again[0]?.ReceiptHandle).not.toBe(first?.ReceiptHandle);
    expect(again[0]?.Attributes?.ApproximateFirstReceiveTimestamp).toBe(
      first?.Attributes?.ApproximateFirstReceiveTimestamp,
    );
  });

  test('can be ended at once, or prolonged', async () => {
    const queue = await createQueueClient(cloud);
    await cloud.passTime(0);
    await queue.send('a', 'one');
    await queue.changeVisibility((await queue.receive())[0], 0);
    const [again] = await queue.receive({ VisibilityTimeout: 2 });
    expect(again?.Attributes?.ApproximateReceiveCount).toBe('2');
    await queue.changeVisibility(again, 60);
    await cloud.passTime(3);
    expect(await queue.receive()).toEqual([]);
    await queue.delete(again);
  });

  test('of a message that is not in flight cannot be changed', async () => {
    const queue = await createQueueClient(cloud);
    await queue.send('a', 'one');
    const [message] = await queue.receive();
    await queue.changeVisibility(message, 0);
    await expect(queue.changeVisibility(message, 10)).rejects.toBeInstanceOf(MessageNotInflight);
  });
});

describe('DeleteMessage', () => {
  test('ends a message, and twice is no fault', async () => {
    const queue = await createQueueClient(cloud, { VisibilityTimeout: 2 });
    await cloud.passTime(0);
    await queue.send('a', 'one');
    const [message] = await queue.receive();
    await queue.delete(message);
    await queue.delete(message);
    await cloud.passTime(3);
    expect(await queue.receive()).toEqual([]);
  });

  test('refuses a receipt whose time is over, and one that never was', async () => {
    const queue = await createQueueClient(cloud, { VisibilityTimeout: 1 });
    await cloud.passTime(0);
    await queue.send('a', 'one');
    const [late] = await queue.receive();
    await cloud.passTime(2);
    await expect(queue.delete(late)).rejects.toMatchObject({ name: 'InvalidParameterValue' });
    const [current] = await queue.receive({ VisibilityTimeout: 30 });
    await expect(queue.delete(late)).rejects.toMatchObject({ name: 'InvalidParameterValue' });
    await expect(queue.delete({ ReceiptHandle: 'none' })).rejects.toBeInstanceOf(ReceiptHandleIsInvalid);
    await queue.delete(current);
  });
});

describe('redrive', () => {
  test.skipIf(ON_AWS)('a receipt of the former queue ends nothing in the dead-letter queue', async () => {
    const dead = await createQueueClient(cloud);
    const queue = await createQueueClient(cloud, {
      RedrivePolicy: { deadLetterTargetArn: dead.arn, maxReceiveCount: 1 },
    });
    await queue.send('a', 'poison');
    const [message] = await queue.receive();
    await queue.changeVisibility(message, 0);
    expect(await queue.receive()).toEqual([]);
    await queue.delete(message);
    expect(bodies(await dead.receive())).toEqual(['poison']);
  });

  test('sets a message aside after its last try, and its group goes on', async () => {
    const dead = await createQueueClient(cloud);
    const queue = await createQueueClient(cloud, {
      RedrivePolicy: { deadLetterTargetArn: dead.arn, maxReceiveCount: 2 },
    });
    const sent = await queue.send('a', 'poison');
    await queue.send('a', 'next');
    for (const count of ['1', '2']) {
      const [message] = await queue.receive({ MaxNumberOfMessages: 1 });
      expect([message?.Body, message?.Attributes?.ApproximateReceiveCount]).toEqual(['poison', count]);
      await queue.changeVisibility(message, 0);
    }
    expect(await dead.receive()).toEqual([]);
    const [setAside] = await beforeAWaitEnds(cloud, async () => {
      const taken = cloud.nextTaken('ReceiveMessage');
      const receivingDead = dead.receive({ WaitTimeSeconds: 20 });
      await taken;
      expect(bodies(await queue.receive())).toEqual(['next']);
      return receivingDead;
    });
    expect(setAside).toMatchObject({
      MessageId: sent.MessageId,
      Body: 'poison',
      Attributes: { MessageGroupId: 'a', DeadLetterQueueSourceArn: queue.arn },
    });
  });
});
