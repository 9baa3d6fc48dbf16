import { randomUUID } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import { transact } from '../database.ts';
import { type Operation, operation } from '../operation.ts';
import type { MessageStore, StoredMessage } from './message-store.ts';
import type { Queue, Queues } from './queues.ts';
import { formatSequence, md5 } from './send.ts';

const INPUT = z.object({
  QueueUrl: z.string(),
  MaxNumberOfMessages: z.int().min(1).max(10).default(1),
  VisibilityTimeout: z.int().min(1).max(43_200).optional(),
  WaitTimeSeconds: z.int().min(0).max(20).default(0),
  MessageSystemAttributeNames: z.array(z.string()).default([]),
});

/** `ReceiveMessage`: of a FIFO queue as many messages of a group as there are, in order, then the next group's. */
export function createReceive(database: DatabaseSync, queues: Queues, messages: MessageStore): Operation {
  return operation(INPUT, 'InvalidParameterValue', async (input, signal) => {
    const queue = queues.find(input.QueueUrl);
    const visibility = (input.VisibilityTimeout ?? queue.VisibilityTimeout) * 1000;
    const end = Date.now() + input.WaitTimeSeconds * 1000;
    // A message taken for a client that is gone would be locked for nobody.
    while (!signal.aborted) {
      const now = Date.now();
      const taken = transact(database, () => take(messages, queue, input.MaxNumberOfMessages, now, now + visibility));
      if (taken.length > 0) {
        return { Messages: taken.map((message) => describe(queue, message, input.MessageSystemAttributeNames)) };
      }
      if (now >= end) break;
      await messages.waitForChange(queue.arn, now, end, signal);
    }
    return {};
  });
}

function take(messages: MessageStore, queue: Queue, limit: number, now: number, visibleAt: number) {
  const { arn, RedrivePolicy: redrive } = queue;
  messages.expire(arn, now - queue.MessageRetentionPeriod * 1000);
  const taken: StoredMessage[] = [];
  while (taken.length < limit) {
    const next = messages.listNext(arn, limit - taken.length, now);
    if (next.length === 0) break;
    for (const { sequence, receiveCount } of next) {
      const isPoison = redrive !== undefined && receiveCount >= redrive.maxReceiveCount;
      if (isPoison) messages.move(sequence, redrive.deadLetterTargetArn, arn);
      else taken.push(messages.take(sequence, randomUUID(), visibleAt, now));
    }
  }
  return taken;
}

function describe(queue: Queue, message: StoredMessage, names: readonly string[]): object {
  const attributes: Record<string, string | undefined> = {
    SentTimestamp: String(message.sent),
    ApproximateReceiveCount: String(message.receiveCount),
    ApproximateFirstReceiveTimestamp: String(message.firstReceived),
    ...(queue.FifoQueue === true && {
      SequenceNumber: formatSequence(message.sequence),
      MessageGroupId: message.groupId,
      MessageDeduplicationId: message.deduplicationId,
    }),
    DeadLetterQueueSourceArn: message.deadLetterSource ?? undefined,
  };
  const wanted = names.includes('All') ? Object.keys(attributes) : names;
  return {
    MessageId: message.messageId,
    ReceiptHandle: `${message.sequence}:${message.receipt}`,
    Body: message.body,
    MD5OfBody: md5(message.body),
    Attributes: Object.fromEntries(wanted.map((name) => [name, attributes[name]])),
  };
}
