import { type Message, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { describe, expect, it } from 'vitest';
import { parseDecisionHint } from '../../../shared/queue/decision-hint.ts';
import { createSqsClient } from '../../../shared/queue/sqs-client.ts';
import { createSqsDecisionQueue } from '../../../shared/queue/sqs-decision-queue.ts';
import { createSqsMessageReturn, returnDelaySeconds } from '../../../shared/queue/sqs-message-return.ts';
import { useEmbeddedServices } from '../../support/embedded-services.ts';

const services = useEmbeddedServices();

function createQueue(name: string) {
  const { url } = services().createQueue({
    QueueName: `${name}.fifo`,
    FifoQueue: true,
    DeduplicationScope: 'messageGroup',
    VisibilityTimeout: 300,
  });
  const client = createSqsClient();
  const receive = async (wait = 0): Promise<readonly Message[]> => {
    const command = new ReceiveMessageCommand({
      QueueUrl: url,
      MaxNumberOfMessages: 10,
      WaitTimeSeconds: wait,
      MessageSystemAttributeNames: ['All'],
    });
    return (await client.send(command)).Messages ?? [];
  };
  return { queue: createSqsDecisionQueue(client, url), returnMessages: createSqsMessageReturn(client, url), receive };
}

const hintOf = (repository: string, branch: string, delivery: string) => ({ ref: { repository, branch }, delivery });

describe('createSqsDecisionQueue', () => {
  it('carries repository, branch and delivery, and nothing else', async () => {
    const { queue, receive } = createQueue('carries');
    const hint = hintOf('payments', 'release/ünïcode', 'delivery-1');
    await queue.send(hint);
    const [message] = await receive();
    expect(parseDecisionHint(message?.Body ?? '')).toEqual(hint);
    expect(Object.keys(JSON.parse(message?.Body ?? ''))).toEqual(['repository', 'branch', 'delivery']);
  });

  it('makes one group a branch', async () => {
    const { queue, receive } = createQueue('groups');
    await queue.send(hintOf('payments', 'main', '1'));
    await queue.send(hintOf('payments', 'main', '2'));
    await queue.send(hintOf('payments', 'other', '1'));
    await queue.send(hintOf('payments-2', 'main', '1'));
    const groups = (await receive()).map((message) => message.Attributes?.MessageGroupId ?? '');
    expect(groups).toHaveLength(4);
    expect(new Set(groups).size).toBe(3);
    expect(groups.every((group) => /^[0-9a-f]{64}$/.test(group))).toBe(true);
  });

  it('counts a delivery once a branch (rule 5.2)', async () => {
    const { queue, receive } = createQueue('once');
    for (let i = 0; i < 3; i++) await queue.send(hintOf('payments', 'main', 'same'));
    await queue.send(hintOf('payments', 'other', 'same'));
    expect(await receive()).toHaveLength(2);
  });
});

describe('createSqsMessageReturn', () => {
  it('brings a message back within seconds, long before its visibility timeout', async () => {
    const { queue, receive, returnMessages } = createQueue('returns');
    await queue.send(hintOf('payments', 'main', '1'));
    const [message] = await receive();
    expect(await receive()).toEqual([]);
    await returnMessages([{ receiptHandle: message?.ReceiptHandle ?? '', receives: 1 }], null);
    const [again] = await receive(5);
    expect(again?.MessageId).toBe(message?.MessageId);
    expect(again?.Attributes?.ApproximateReceiveCount).toBe('2');
  });

  it('waits longer each time, with jitter and a bound', () => {
    expect([1, 2, 3, 4].map((receives) => returnDelaySeconds(receives, 1))).toEqual([2, 4, 8, 16]);
    expect([1, 2, 3, 4].map((receives) => returnDelaySeconds(receives, 0))).toEqual([1, 2, 4, 8]);
    expect(returnDelaySeconds(1_000, 1)).toBe(60);
  });
});
