import { z } from 'zod';
import { AwsError } from '../aws-error.ts';
import { type Operation, operation } from '../operation.ts';

const INPUT = z.object({ QueueUrl: z.string(), Entries: z.array(z.looseObject({ Id: z.string() })) });

/** The batch form of an operation: each entry succeeds or fails by itself. */
export function createBatch(single: Operation): Operation {
  return operation(INPUT, 'InvalidParameterValue', ({ QueueUrl, Entries }, signal) => {
    assertBatch(Entries.map(({ Id }) => Id));
    const successful: object[] = [];
    const failed: object[] = [];
    for (const { Id, ...entry } of Entries) {
      try {
        single({ ...entry, QueueUrl }, signal);
        successful.push({ Id });
      } catch (error) {
        // Without its queue no entry can succeed.
        if (!(error instanceof AwsError) || error.code === 'QueueDoesNotExist') {
          throw error;
        }
        failed.push({ Id, SenderFault: true, Code: error.code, Message: error.message });
      }
    }
    return { Successful: successful, Failed: failed };
  });
}

function assertBatch(ids: readonly string[]): void {
  if (ids.length === 0) {
    throw new AwsError('EmptyBatchRequest', 'There should be at least one entry in the request.');
  }
  if (ids.length > 10) {
    throw new AwsError('TooManyEntriesInBatchRequest', 'Maximum number of entries per request are 10.');
  }
  if (new Set(ids).size < ids.length) {
    throw new AwsError('BatchEntryIdsNotDistinct', 'Two or more batch entries have the same Id.');
  }
}
