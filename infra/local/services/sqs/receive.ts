import { randomBytes } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import { ACCOUNT_ID } from '../arn.ts';
import { transact } from '../database.ts';
import { type Operation, operation } from '../operation.ts';
import type { MessageStore, StoredMessage } from './message-store.ts';
import type { QueueChanges } from './queue-changes.ts';
import type { Queue, Queues } from './queues.ts';
import { createReceiptHandle } from './receipt-handle.ts';
import { formatSequence, md5 } from './send.ts';

const INPUT = z.object({
  QueueUrl: z.string(),
  MaxNumberOfMessages: z.int().min(1).max(10).default(1),
  VisibilityTimeout: z.int().min(1).max(43_200).optional(),
  WaitTimeSeconds: z.int().min(0).max(20).optional(),
  MessageSystemAttributeNames: z.array(z.string()).default([]),
});

/** `ReceiveMessage` of a FIFO queue: as many messages of a group as there are, in order, then the next group's. */
export function createReceive(
  database: DatabaseSync,
  queues: Queues,
  messages: MessageStore,
  changes: QueueChanges,
): Operation {
  return operation(INPUT, 'InvalidParameterValue', async (input, signal) => {
    const queue = queues.find(input.QueueUrl);
    const visibility = (input.VisibilityTimeout ?? queue.visibilityTimeout) * 1000;
    const end = Date.now() + (input.WaitTimeSeconds ?? queue.waitTime) * 1000;
    while (!signal.aborted) {
      const now = Date.now();
      const taken = transact(database, () => take(queue, input.MaxNumberOfMessages, visibility, now));
      if (taken.length > 0) {
        return { Messages: taken.map((message) => describe(message, input.MessageSystemAttributeNames)) };
      }
      if (now >= end) {
        break;
      }
      const nextVisible = messages.findNextVisible(queue.name, now) ?? end;
      await changes.wait(queue.name, Math.min(end, nextVisible) - now, signal);
    }
    return {};
  });

  function take(queue: Queue, limit: number, visibility: number, now: number): StoredMessage[] {
    messages.expire(queue.name, now - queue.retentionPeriod * 1000);
    const taken: StoredMessage[] = [];
    while (taken.length < limit) {
      const groupId = messages.findNextGroup(queue.name, now);
      if (groupId === undefined) {
        break;
      }
      for (const message of messages.listOfGroup(queue.name, groupId, limit - taken.length)) {
        if (queue.redrive !== null && message.receiveCount >= queue.redrive.maxReceiveCount) {
          messages.move(message.sequence, queue.redrive.deadLetterQueue, queue.arn);
          changes.tell(queue.redrive.deadLetterQueue);
        } else {
          taken.push(messages.take(message.sequence, randomBytes(16).toString('hex'), now + visibility, now));
        }
      }
    }
    return taken;
  }
}

function describe(message: StoredMessage, names: readonly string[]): object {
  const attributes: Record<string, string | undefined> = {
    SenderId: ACCOUNT_ID,
    SentTimestamp: String(message.sent),
    ApproximateReceiveCount: String(message.receiveCount),
    ApproximateFirstReceiveTimestamp: String(message.firstReceived),
    SequenceNumber: formatSequence(message.sequence),
    MessageGroupId: message.groupId,
    MessageDeduplicationId: message.deduplicationId,
    DeadLetterQueueSourceArn: message.deadLetterSource ?? undefined,
  };
  const wanted = names.includes('All') ? Object.keys(attributes) : names;
  return {
    MessageId: message.messageId,
    ReceiptHandle: createReceiptHandle(message),
    Body: message.body,
    MD5OfBody: md5(message.body),
    Attributes: Object.fromEntries(wanted.map((name) => [name, attributes[name]])),
  };
}
