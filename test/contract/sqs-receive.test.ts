import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import { beforeAWaitEnds } from './before-a-wait-ends.ts';
import { connect, ON_AWS } from './connect.ts';
import { bodies, createQueueClient } from './queue-client.ts';

const cloud = await connect();
afterAll(cloud.close);
afterEach(() => {
  vi.useRealTimers();
});

describe('ReceiveMessage', () => {
  test('gives several messages of one group, in order', async () => {
    const queue = await createQueueClient(cloud);
    const sent = Array.from({ length: 12 }, (_, index) => `message ${index}`);
    for (const body of sent) await queue.send('a', body);
    const first = await queue.receive();
    expect(bodies(first)).toEqual(sent.slice(0, 10));
    for (const message of first) await queue.delete(message);
    expect(bodies(await queue.receive())).toEqual(sent.slice(10));
  });

  test('gives nothing of a group with a message in flight, and other groups meanwhile', async () => {
    const queue = await createQueueClient(cloud);
    await queue.send('a', 'a1');
    await queue.send('a', 'a2');
    await queue.send('b', 'b1');
    const [a1] = await queue.receive({ MaxNumberOfMessages: 1 });
    expect(a1?.Body).toBe('a1');
    expect(bodies(await queue.receive())).toEqual(['b1']);
    expect(await queue.receive()).toEqual([]);
    await queue.delete(a1);
    expect(bodies(await queue.receive())).toEqual(['a2']);
  });

  test('fills up with the next groups', async () => {
    const queue = await createQueueClient(cloud);
    for (const [group, body] of [
      ['a', 'a1'],
      ['b', 'b1'],
      ['a', 'a2'],
      ['b', 'b2'],
      ['c', 'c1'],
    ] as const) {
      await queue.send(group, body);
    }
    const received = bodies(await queue.receive());
    expect(received.toSorted()).toEqual(['a1', 'a2', 'b1', 'b2', 'c1']);
    for (const group of ['a', 'b']) {
      expect(received.filter((body) => body?.startsWith(group))).toEqual([`${group}1`, `${group}2`]);
    }
  });

  test('gives a message to one of many receivers', async () => {
    const queue = await createQueueClient(cloud);
    for (let index = 0; index < 20; index += 1) await queue.send(`group-${index}`, String(index));
    const batches = await Promise.all(Array.from({ length: 10 }, () => queue.receive({ MaxNumberOfMessages: 3 })));
    const received = batches.flatMap(bodies);
    expect(received).toHaveLength(20);
    expect(new Set(received).size).toBe(20);
  });

  test('names only the attributes that were asked for', async () => {
    const queue = await createQueueClient(cloud);
    const begun = Date.now();
    await queue.send('a', 'one');
    const ended = Date.now();
    const [message] = await queue.receive({ MessageSystemAttributeNames: ['MessageGroupId', 'SentTimestamp'] });
    expect(Object.keys(message?.Attributes ?? {}).sort()).toEqual(['MessageGroupId', 'SentTimestamp']);
    const sent = Number(message?.Attributes?.SentTimestamp);
    const skew = ON_AWS ? 60_000 : 0;
    expect(sent).toBeGreaterThanOrEqual(begun - skew);
    expect(sent).toBeLessThanOrEqual(ended + skew);
  });
});

test.skipIf(ON_AWS)('a message that nobody received in time is dropped', async () => {
  const queue = await createQueueClient(cloud, { MessageRetentionPeriod: 3600 });
  await cloud.passTime(0);
  await queue.send('a', 'one');
  await cloud.passTime(60);
  await queue.send('a', 'two');
  await cloud.passTime(3_541);
  expect(bodies(await queue.receive())).toEqual(['two']);
});

describe('long polling', () => {
  test('wakes up for a message that is sent meanwhile', async () => {
    const queue = await createQueueClient(cloud);
    await beforeAWaitEnds(cloud, async () => {
      const taken = cloud.nextTaken('ReceiveMessage');
      const receiving = queue.receive({ WaitTimeSeconds: 20 });
      await taken;
      await queue.send('a', 'one');
      expect(bodies(await receiving)).toEqual(['one']);
    });
  });

  test('wakes up when the group is unlocked, by deletion or by time', async () => {
    const queue = await createQueueClient(cloud);
    for (const body of ['one', 'two', 'three']) await queue.send('a', body);
    await beforeAWaitEnds(cloud, async () => {
      const [one] = await queue.receive({ MaxNumberOfMessages: 1 });
      const taken = cloud.nextTaken('ReceiveMessage');
      const receiving = queue.receive({ MaxNumberOfMessages: 1, WaitTimeSeconds: 20, VisibilityTimeout: 1 });
      await taken;
      await queue.delete(one);
      expect(bodies(await receiving)).toEqual(['two']);
      expect(bodies(await queue.receive({ WaitTimeSeconds: 20 }))).toEqual(['two', 'three']);
    });
  });

  test('ends with nothing after its time', async () => {
    const queue = await createQueueClient(cloud);
    const start = performance.now();
    expect(await queue.receive({ WaitTimeSeconds: 1 })).toEqual([]);
    expect(performance.now() - start).toBeGreaterThanOrEqual(950);
  });

  // AWS does not say when it notices: there the message comes back after its visibility timeout at the latest.
  test.skipIf(ON_AWS)('loses nothing to a receiver that went away', async () => {
    const queue = await createQueueClient(cloud);
    const gone = new AbortController();
    const taken = cloud.nextTaken('ReceiveMessage');
    const receiving = queue.receive({ WaitTimeSeconds: 20 }, gone.signal);
    const request = await taken;
    gone.abort();
    await expect(receiving).rejects.toThrow();
    await request.gone();
    await queue.send('a', 'one');
    expect(bodies(await queue.receive({ WaitTimeSeconds: 2 }))).toEqual(['one']);
  });
});
