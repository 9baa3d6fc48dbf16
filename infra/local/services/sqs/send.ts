import { createHash, randomUUID } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import { AwsError } from '../aws-error.ts';
import { transact } from '../database.ts';
import { type Operation, operation } from '../operation.ts';
import type { MessageStore } from './message-store.ts';
import type { Queues } from './queues.ts';

const MAX_BODY_BYTES = 1_048_576;
const DEDUPLICATION_MILLISECONDS = 5 * 60 * 1000;
const FORBIDDEN_CHARACTER = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u;

const TOKEN = z.string().regex(/^[!-~]{1,128}$/);

const INPUT = z.strictObject({
  QueueUrl: z.string(),
  MessageBody: z
    .string()
    .min(1)
    .refine((body) => Buffer.byteLength(body) <= MAX_BODY_BYTES, 'must be shorter than 1048576 bytes'),
  MessageGroupId: TOKEN.optional(),
  MessageDeduplicationId: TOKEN.optional(),
  DelaySeconds: z.int().min(0).max(900).optional(),
});

/**
 * `SendMessage`. To a FIFO queue the same deduplication id within five minutes is accepted, and not delivered again; a message
 * of a standard queue can be delayed, and has a group of its own here.
 */
export function createSend(database: DatabaseSync, queues: Queues, messages: MessageStore): Operation {
  return operation(INPUT, 'InvalidParameterValue', (input) => {
    const queue = queues.find(input.QueueUrl);
    const { MessageBody: body, MessageGroupId: groupId, MessageDeduplicationId: id, DelaySeconds: delay } = input;
    if (FORBIDDEN_CHARACTER.test(body)) {
      throw new AwsError('InvalidMessageContents', 'Invalid characters were found in the message body.');
    }
    const now = Date.now();
    if (queue.FifoQueue !== true) {
      // A message group only makes it fair there: it locks nothing.
      if (id !== undefined) throw notForThisType('MessageDeduplicationId');
      const { messageId } = messages.add(queue.arn, randomUUID(), '', body, now, now + (delay ?? 0) * 1000);
      return { MessageId: messageId, MD5OfMessageBody: md5(body) };
    }
    if (delay !== undefined) throw notForThisType('DelaySeconds');
    if (id === undefined) {
      throw new AwsError(
        'InvalidParameterValue',
        'The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly.',
      );
    }
    if (groupId === undefined) {
      throw new AwsError('MissingParameter', 'The request must contain the parameter MessageGroupId.');
    }
    const scope = JSON.stringify(queue.DeduplicationScope === 'queue' ? [queue.arn] : [queue.arn, groupId]);
    const { messageId, sequence } = transact(database, () => {
      const former = messages.findSent(scope, id, now);
      if (former !== undefined) return former;
      const added = messages.add(queue.arn, groupId, id, body, now, now);
      messages.remember(scope, id, added, now + DEDUPLICATION_MILLISECONDS);
      return added;
    });
    return { MessageId: messageId, MD5OfMessageBody: md5(body), SequenceNumber: formatSequence(sequence) };
  });
}

function notForThisType(what: string): AwsError {
  return new AwsError('InvalidParameterValue', `${what} is not valid for this queue type.`);
}

export function formatSequence(sequence: number): string {
  return String(sequence).padStart(20, '0');
}

/** The SDK checks it: a transport checksum, nothing that is trusted. */
export function md5(body: string): string {
  return createHash('md5').update(body).digest('hex');
}
