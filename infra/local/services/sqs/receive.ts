import { randomBytes } from 'node:crypto';
import { type EventEmitter, once } from 'node:events';
import { z } from 'zod';
import { ACCOUNT_ID } from '../arn.ts';
import { transact } from '../database.ts';
import { type Operation, operation } from '../operation.ts';
import type { Broker } from './broker.ts';
import type { StoredMessage } from './message-store.ts';
import type { Queue } from './queues.ts';
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
export function createReceive(broker: Broker): Operation {
  const { database, queues, messages, changes } = broker;
  return operation(INPUT, 'InvalidParameterValue', async (input, signal) => {
    const queue = queues.find(input.QueueUrl);
    const visibility = (input.VisibilityTimeout ?? queue.VisibilityTimeout) * 1000;
    const end = Date.now() + (input.WaitTimeSeconds ?? queue.ReceiveMessageWaitTimeSeconds) * 1000;
    // A message taken for a client that is gone would be locked for nobody.
    while (!signal.aborted) {
      const now = Date.now();
      const taken = transact(database, () => take(broker, queue, input.MaxNumberOfMessages, now, now + visibility));
      if (taken.length > 0) {
        return { Messages: taken.map((message) => describe(message, input.MessageSystemAttributeNames)) };
      }
      if (now >= end) {
        break;
      }
      const nextVisible = messages.findNextVisible(queue.arn, now) ?? end;
      await waitForChange(changes, queue, Math.min(end, nextVisible) - now);
    }
    return {};
  });
}

function take({ messages, changes }: Broker, queue: Queue, limit: number, now: number, visibleAt: number) {
  messages.expire(queue.arn, now - queue.MessageRetentionPeriod * 1000);
  const taken: StoredMessage[] = [];
  while (taken.length < limit) {
    const groupId = messages.findNextGroup(queue.arn, now);
    if (groupId === undefined) {
      break;
    }
    for (const { sequence, receiveCount } of messages.listOfGroup(queue.arn, groupId, limit - taken.length)) {
      if (queue.RedrivePolicy !== undefined && receiveCount >= queue.RedrivePolicy.maxReceiveCount) {
        messages.move(sequence, queue.RedrivePolicy.deadLetterTargetArn, queue.arn);
        changes.emit(queue.RedrivePolicy.deadLetterTargetArn);
      } else {
        taken.push(messages.take(sequence, randomBytes(16).toString('hex'), visibleAt, now));
      }
    }
  }
  return taken;
}

/** Until something happened in the queue or the time is over. */
async function waitForChange(changes: EventEmitter, queue: Queue, milliseconds: number): Promise<void> {
  await once(changes, queue.arn, { signal: AbortSignal.timeout(milliseconds) }).catch(() => undefined);
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
