import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { describe, expect, it } from 'vitest';
import { spreadRepositories } from '../../../functions/sweep/spread-repositories.ts';
import { createSqsSweepQueue } from '../../../shared/queue/sqs-sweep-queue.ts';
import { parseSweptRepository } from '../../../shared/queue/sweep-queue.ts';
import { useEmbeddedServices } from '../../support/embedded-services.ts';

const services = useEmbeddedServices();

const INTERVAL_SECONDS = 300;
const names = (count: number) => Array.from({ length: count }, (_, n) => `repository-${n}`);

/** The second of a sweep in which each repository has its turn. */
async function placesOf(repositories: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const places = new Map<string, number>();
  const swept = await spreadRepositories({
    policies: { listRepositories: async () => repositories },
    queue: {
      sendAll: async (turns) => {
        for (const { repository, delaySeconds } of turns) places.set(repository, delaySeconds);
      },
    },
    intervalSeconds: INTERVAL_SECONDS,
  });
  expect(swept).toBe(repositories.length);
  return places;
}

describe('spreadRepositories', () => {
  it('spreads a thousand repositories over the interval, each in its own place in every sweep (rule 5.2)', async () => {
    const places = await placesOf(names(1000));
    expect(places.size).toBe(1000);
    const perSecond = Array.from({ length: INTERVAL_SECONDS }, () => 0);
    for (const place of places.values()) perSecond[place] = (perSecond[place] ?? Number.NaN) + 1;
    expect(perSecond).toHaveLength(INTERVAL_SECONDS);
    expect(Math.max(...perSecond)).toBeLessThanOrEqual(15);
    const tenths = Array.from({ length: 10 }, (_, n) => perSecond.slice(n * 30, n * 30 + 30).reduce((a, b) => a + b));
    for (const tenth of tenths) expect(Math.abs(tenth - 100)).toBeLessThan(40);

    expect(await placesOf(names(1000).toReversed())).toEqual(places);
    // Whoever is added moves nobody once there are many.
    const more = await placesOf([...names(1000), 'another']);
    expect([...places].filter(([name, place]) => more.get(name) !== place)).toEqual([]);
  });

  it('takes a second for each where there are few, so that one alone has its turn at once', async () => {
    expect([...(await placesOf(['playground'])).values()]).toEqual([0]);
    for (const place of (await placesOf(names(20))).values()) expect(place).toBeLessThan(20);
    expect((await placesOf([])).size).toBe(0);
  });

  it('sends them through the queue, each of two hundred once', async () => {
    const { endpoint, region, credentials, createQueue } = services();
    const { url: QueueUrl } = createQueue({ QueueName: 'turns' });
    const sqs = new SQSClient({ endpoint, region, credentials: { ...credentials } });
    const queue = createSqsSweepQueue(sqs, QueueUrl);
    const policies = { listRepositories: async () => names(200) };
    await spreadRepositories({ policies, queue, intervalSeconds: 0 });
    const received: string[] = [];
    while (received.length < 200) {
      const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
      expect(Messages).not.toEqual([]);
      received.push(...Messages.map(({ Body = '' }) => parseSweptRepository(Body)));
    }
    expect(received.toSorted()).toEqual(names(200).toSorted());
    sqs.destroy();
  });
});

describe('parseSweptRepository', () => {
  it.each([
    '',
    'A',
    'two words',
    '{"repository":"shop"}',
    'a'.repeat(101),
  ])('refuses %o, and does not repeat it', (body) => {
    expect(() => parseSweptRepository(body)).toThrow('A message of the sweep queue names no repository.');
  });
});
