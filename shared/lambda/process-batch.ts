import type { SQSBatchResponse, SQSRecord } from 'aws-lambda';
import type { ReturnMessages } from '../queue/sqs-message-return.ts';
import type { Log } from './log.ts';

export interface BatchProcessing {
  handle(record: SQSRecord): Promise<void>;
  /** Has what failed come back soon. */
  readonly returnMessages: ReturnMessages;
  readonly log: Log;
}

/** A message cannot be handled now, through no fault of ours: it comes back after so many seconds, or soon. */
export class PutOff extends Error {
  readonly afterSeconds: number | null;

  constructor(message: string, afterSeconds: number | null) {
    super(message);
    this.name = 'PutOff';
    this.afterSeconds = afterSeconds;
  }
}

/**
 * Handles the records of a FIFO queue, group by group side by side, each group in order. The first failure of a group
 * fails the rest of that group unhandled, since order is promised within it; other groups go on.
 */
export async function processBatch(
  records: readonly SQSRecord[],
  processing: BatchProcessing,
): Promise<SQSBatchResponse> {
  const groups = Map.groupBy(records, (record) => record.attributes.MessageGroupId ?? record.messageId);
  const failed = (await Promise.all([...groups.values()].map((group) => processGroup(group, processing)))).flat();
  return { batchItemFailures: failed.map((record) => ({ itemIdentifier: record.messageId })) };
}

/** @returns what failed of the group. */
async function processGroup(group: readonly SQSRecord[], { handle, returnMessages, log }: BatchProcessing) {
  for (const [index, record] of group.entries()) {
    try {
      await handle(record);
    } catch (error) {
      const putOff = error instanceof PutOff ? error : null;
      if (putOff === null) log.error('A message could not be handled.', { error, messageId: record.messageId });
      else log.warn('A message is put off.', { reason: putOff.message, messageId: record.messageId });
      const failed = group.slice(index);
      await returnMessages(failed.map(toFailedMessage), putOff?.afterSeconds ?? null).catch((cause: unknown) => {
        log.warn('Failed messages come back only after the whole visibility timeout.', { error: cause });
      });
      return failed;
    }
  }
  return [];
}

function toFailedMessage({ receiptHandle, attributes }: SQSRecord) {
  return { receiptHandle, receives: Number(attributes.ApproximateReceiveCount) };
}
