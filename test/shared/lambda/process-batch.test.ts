import type { SQSRecord } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import { PutOff, processBatch } from '../../../shared/lambda/process-batch.ts';
import type { FailedMessage } from '../../../shared/queue/sqs-message-return.ts';
import { captureLog } from '../../support/captured-log.ts';

function createRecord(messageId: string, group: string, receives = 1): SQSRecord {
  const attributes = { MessageGroupId: group, ApproximateReceiveCount: String(receives) };
  return { messageId, receiptHandle: `receipt-${messageId}`, body: messageId, attributes } as unknown as SQSRecord;
}

const RECORDS = [
  createRecord('a1', 'a'),
  createRecord('b1', 'b'),
  createRecord('a2', 'a', 3),
  createRecord('b2', 'b'),
  createRecord('a3', 'a'),
];

async function process(failing: readonly string[], returnFails = false) {
  const handled: string[] = [];
  const returned: FailedMessage[] = [];
  const { log, entries } = captureLog();
  const isOtherGroupDone = Promise.withResolvers<void>();
  const response = await processBatch(RECORDS, {
    log,
    async handle({ messageId }) {
      // The first of one group waits for the last of the other: they have to run side by side.
      if (messageId === 'a1') await isOtherGroupDone.promise;
      if (messageId === 'b2') isOtherGroupDone.resolve();
      handled.push(messageId);
      if (failing.includes(messageId)) throw new Error('boom');
    },
    async returnMessages(messages) {
      returned.push(...messages);
      if (returnFails) throw new Error('no');
    },
  });
  return { failures: response.batchItemFailures.map((failure) => failure.itemIdentifier), handled, returned, entries };
}

describe('processBatch', () => {
  it('handles every record, each group in order, side by side', async () => {
    const { failures, handled } = await process([]);
    expect(failures).toEqual([]);
    expect(handled).toEqual(['b1', 'b2', 'a1', 'a2', 'a3']);
  });

  it('fails the rest of a group after its first failure, and lets other groups go on', async () => {
    const { failures, handled, returned, entries } = await process(['a2']);
    expect(failures).toEqual(['a2', 'a3']);
    expect(handled).toEqual(['b1', 'b2', 'a1', 'a2']);
    expect(returned).toEqual([
      { receiptHandle: 'receipt-a2', receives: 3 },
      { receiptHandle: 'receipt-a3', receives: 1 },
    ]);
    expect(entries).toMatchObject([{ level: 'error', fields: { messageId: 'a2' } }]);
  });

  it('reports the failure also where the messages cannot be made to come back soon', async () => {
    const { failures, entries } = await process(['a1', 'b2'], true);
    expect(failures.toSorted()).toEqual(['a1', 'a2', 'a3', 'b2']);
    expect(entries.filter((entry) => entry.level === 'warn')).toHaveLength(2);
  });

  it('puts a message off for as long as it says, without calling that an error', async () => {
    const { log, entries } = captureLog();
    const waits: (number | null)[] = [];
    const returnMessages = async (_: readonly FailedMessage[], afterSeconds: number | null) =>
      void waits.push(afterSeconds);
    for (const afterSeconds of [42, null]) {
      const handle = () => Promise.reject(new PutOff('It is busy.', afterSeconds));
      const { batchItemFailures } = await processBatch([createRecord('a1', 'a')], { log, handle, returnMessages });
      expect(batchItemFailures).toEqual([{ itemIdentifier: 'a1' }]);
    }
    expect(waits).toEqual([42, null]);
    expect(entries).toMatchObject(Array(2).fill({ level: 'warn', fields: { reason: 'It is busy.' } }));
  });
});
