import { QueueDoesNotExist } from '@aws-sdk/client-sqs';
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import { connect, ON_AWS } from './connect.ts';
import { bodies, createQueueClient } from './queue-client.ts';

const cloud = await connect();
afterAll(cloud.close);
afterEach(() => {
  vi.useRealTimers();
});

describe('SendMessage', () => {
  test('answers with id, checksum and a growing sequence number', async () => {
    const queue = await createQueueClient(cloud);
    const first = await queue.send('a', 'one');
    const second = await queue.send('a', 'two');
    expect(first.MD5OfMessageBody).toBe('f97c5d29941bfb1b2fdab0874906ab82');
    expect(first.MessageId).not.toBe(second.MessageId);
    expect(BigInt(second.SequenceNumber ?? 0)).toBeGreaterThan(BigInt(first.SequenceNumber ?? 0));
    const [received] = await queue.receive({ MaxNumberOfMessages: 1 });
    expect(received).toMatchObject({
      MessageId: first.MessageId,
      Body: 'one',
      Attributes: {
        MessageGroupId: 'a',
        MessageDeduplicationId: 'id-1',
        SequenceNumber: first.SequenceNumber,
        ApproximateReceiveCount: '1',
      },
    });
  });

  test('refuses what a FIFO queue cannot take', async () => {
    const queue = await createQueueClient(cloud);
    const refusal = (name: string) => expect.objectContaining({ name });
    await expect(queue.send('a', 'x', { MessageGroupId: undefined })).rejects.toEqual(refusal('MissingParameter'));
    await expect(queue.send('a', 'x', { MessageDeduplicationId: undefined })).rejects.toEqual(
      refusal('InvalidParameterValue'),
    );
    await expect(queue.send('two words', 'x')).rejects.toEqual(refusal('InvalidParameterValue'));
    await expect(queue.send('a', 'x'.repeat(1_048_577))).rejects.toEqual(refusal('InvalidParameterValue'));
    await expect(queue.send('a', 'nul \0')).rejects.toEqual(refusal('InvalidMessageContents'));
    await expect(queue.send('a', 'x', { QueueUrl: queue.QueueUrl.replace('.fifo', 'x.fifo') })).rejects.toBeInstanceOf(
      QueueDoesNotExist,
    );
    expect(await queue.receive()).toEqual([]);
  });

  test('keeps any text as it is', async () => {
    const queue = await createQueueClient(cloud);
    const text = '{"a":"ü \u{1F512} \\u0000"}\r\n\t';
    await queue.send('a', text);
    expect(bodies(await queue.receive())).toEqual([text]);
  });
});

describe('deduplication', () => {
  test('accepts the same id again and delivers it once, even when it is deleted already', async () => {
    const queue = await createQueueClient(cloud);
    await queue.send('a', 'one', { MessageDeduplicationId: 'same' });
    await queue.send('a', 'other body', { MessageDeduplicationId: 'same' });
    const [message, ...others] = await queue.receive();
    expect([message?.Body, others]).toEqual(['one', []]);
    await queue.delete(message);
    await queue.send('a', 'one', { MessageDeduplicationId: 'same' });
    expect(await queue.receive()).toEqual([]);
  });

  test('counts for the whole queue, or for the group where the queue says so', async () => {
    const whole = await createQueueClient(cloud);
    const grouped = await createQueueClient(cloud, {
      DeduplicationScope: 'messageGroup',
      FifoThroughputLimit: 'perMessageGroupId',
    });
    for (const queue of [whole, grouped]) {
      await queue.send('a', 'one', { MessageDeduplicationId: 'same' });
      await queue.send('b', 'two', { MessageDeduplicationId: 'same' });
    }
    expect(bodies(await whole.receive())).toEqual(['one']);
    // A receive may stop at the end of a group.
    const received = [...bodies(await grouped.receive({ WaitTimeSeconds: 2 }))];
    if (received.length < 2) received.push(...bodies(await grouped.receive({ WaitTimeSeconds: 2 })));
    expect(received.sort()).toEqual(['one', 'two']);
  });

  test.skipIf(ON_AWS)('ends after five minutes', async () => {
    const queue = await createQueueClient(cloud);
    const send = (body: string) => queue.send('a', body, { MessageDeduplicationId: 'same' });
    await cloud.passTime(0);
    await send('one');
    await cloud.passTime(299);
    await send('two');
    await cloud.passTime(1);
    await send('three');
    expect(bodies(await queue.receive())).toEqual(['one', 'three']);
  });
});
