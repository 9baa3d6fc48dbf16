import type { IKey } from 'aws-cdk-lib/aws-kms';
import { DeduplicationScope, FifoThroughputLimit, QueueEncryption, type QueueProps } from 'aws-cdk-lib/aws-sqs';

/** What every queue has that keeps the messages of each branch in order: one group a branch. */
export function describeBranchQueue(dataKey: IKey) {
  return {
    fifo: true,
    // An id of one branch never swallows a message of another.
    deduplicationScope: DeduplicationScope.MESSAGE_GROUP,
    fifoThroughputLimit: FifoThroughputLimit.PER_MESSAGE_GROUP_ID,
    encryption: QueueEncryption.KMS,
    encryptionMasterKey: dataKey,
    enforceSSL: true,
  } as const satisfies QueueProps;
}
