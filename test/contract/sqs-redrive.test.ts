import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import { redriveDeadLetters } from '../../cli/operations/redrive.ts';
import { createSqsDeadLetterQueue } from '../../shared/queue/sqs-dead-letter-queue.ts';
import { connect } from './connect.ts';
import { bodies, createQueueClient } from './queue-client.ts';

const cloud = await connect();
afterAll(cloud.close);
afterEach(() => {
  vi.useRealTimers();
});

async function createPair(properties: { readonly FifoQueue?: false } = {}) {
  const dead = await createQueueClient(cloud, properties);
  const redrive = { deadLetterTargetArn: dead.arn, maxReceiveCount: 1 };
  const queue = await createQueueClient(cloud, { ...properties, RedrivePolicy: redrive });
  return { dead, queue, deadLetters: createSqsDeadLetterQueue(dead.sqs, dead.QueueUrl) };
}

type Pair = Awaited<ReturnType<typeof createPair>>;

/** Receives what is there once without deleting it, so that it is set aside. */
async function fail({ queue }: Pair): Promise<void> {
  for (const message of await queue.receive({ WaitTimeSeconds: 5 })) await queue.changeVisibility(message, 0);
  expect(await queue.receive()).toEqual([]);
}

const pause = () => cloud.passTime(1);

describe('the messages of a FIFO dead-letter queue', () => {
  test('go back to where they failed, in their order and group, as new ones', async () => {
    const pair = await createPair();
    const sent = [];
    for (const body of ['one', 'two']) sent.push(await pair.queue.send('a', body));
    await fail(pair);
    const [aside] = await pair.dead.receive({ MaxNumberOfMessages: 1 });
    expect(aside?.Attributes?.MessageDeduplicationId).toBe(sent[0]?.MessageId);
    await pair.dead.changeVisibility(aside, 0);

    expect(await redriveDeadLetters(pair.deadLetters, 2, pause)).toEqual({ moved: 2, left: 0, failure: null });
    const back = await pair.queue.receive({ WaitTimeSeconds: 20 });
    expect(bodies(back)).toEqual(['one', 'two']);
    for (const [n, { Attributes, MessageId }] of back.entries()) {
      expect(Attributes).toMatchObject({ MessageGroupId: 'a', ApproximateReceiveCount: '1' });
      expect(MessageId).not.toBe(sent[n]?.MessageId);
    }
    expect(await pair.dead.receive()).toEqual([]);
  });

  test('count their attempts anew, and are set aside again where they fail again', async () => {
    const pair = await createPair();
    await pair.queue.send('a', 'poison');
    await fail(pair);
    await redriveDeadLetters(pair.deadLetters, 1, pause);
    await fail(pair);
    expect(bodies(await pair.dead.receive({ WaitTimeSeconds: 20 }))).toEqual(['poison']);
  });
});

describe('redriving', () => {
  test('a queue where nothing waits does nothing', async () => {
    const { deadLetters } = await createPair();
    expect(await redriveDeadLetters(deadLetters, 0, pause)).toEqual({ moved: 0, left: 0, failure: null });
    expect(await deadLetters.readRedrive()).toBeNull();
  });

  test('says so where a message did not fail in any queue', async () => {
    const { dead, deadLetters } = await createPair();
    await dead.send('a', 'stray', { MessageDeduplicationId: randomUUID() });
    const outcome = await redriveDeadLetters(deadLetters, 1, pause);
    expect(outcome).toMatchObject({ moved: 0, left: 1, failure: expect.stringContaining('MessageSource') });
  });

  test('a queue that no other sets messages aside in is refused', async () => {
    const { queue } = await createPair();
    const plain = createSqsDeadLetterQueue(queue.sqs, queue.QueueUrl);
    await queue.send('a', 'one');
    await expect(redriveDeadLetters(plain, 1, pause)).rejects.toMatchObject({ name: 'InvalidParameterValue' });
  });
});
