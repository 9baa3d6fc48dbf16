import { createHash } from 'node:crypto';
import { z } from 'zod';
import { AwsError } from '../aws-error.ts';
import { transact } from '../database.ts';
import { type Operation, operation } from '../operation.ts';
import type { Broker } from './broker.ts';
import type { Queue } from './queues.ts';

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
});

/** `SendMessage` of a FIFO queue. The same deduplication id within five minutes is accepted, and not delivered again. */
export function createSend({ database, queues, messages, changes }: Broker): Operation {
  return operation(INPUT, 'InvalidParameterValue', (input) => {
    const queue = queues.find(input.QueueUrl);
    const { MessageBody: body, MessageGroupId: groupId } = input;
    if (FORBIDDEN_CHARACTER.test(body)) {
      throw new AwsError('InvalidMessageContents', 'Invalid characters were found in the message body.');
    }
    if (groupId === undefined) {
      throw new AwsError('MissingParameter', 'The request must contain the parameter MessageGroupId.');
    }
    const id = input.MessageDeduplicationId ?? deduplicateByContent(queue, body);
    const scope = JSON.stringify(queue.DeduplicationScope === 'queue' ? [queue.arn] : [queue.arn, groupId]);
    const now = Date.now();
    const { messageId, sequence } = transact(database, () => {
      const former = messages.findSent(scope, id, now);
      if (former !== undefined) {
        return former;
      }
      const added = messages.add(queue.arn, groupId, id, body, now);
      messages.remember(scope, id, added, now + DEDUPLICATION_MILLISECONDS);
      return added;
    });
    changes.emit(queue.arn);
    return { MessageId: messageId, MD5OfMessageBody: md5(body), SequenceNumber: formatSequence(sequence) };
  });
}

function deduplicateByContent(queue: Queue, body: string): string {
  if (!queue.ContentBasedDeduplication) {
    throw new AwsError(
      'InvalidParameterValue',
      'The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly',
    );
  }
  return createHash('sha256').update(body).digest('hex');
}

export function formatSequence(sequence: number): string {
  return String(sequence).padStart(20, '0');
}

/** The SDK checks it: a transport checksum, nothing that is trusted. */
export function md5(body: string): string {
  return createHash('md5').update(body).digest('hex');
}
