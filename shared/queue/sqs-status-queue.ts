import type { SQSClient } from '@aws-sdk/client-sqs';
import { sendBranchMessage } from './sqs-branch-message.ts';
import { formatStatusHint } from './status-hint.ts';
import type { StatusQueue } from './status-queue.ts';

/** A FIFO queue with one group a branch, so that what the forge was told last is what is true. */
export function createSqsStatusQueue(client: SQSClient, queueUrl: string): StatusQueue {
  return { send: (hint) => sendBranchMessage(client, queueUrl, hint, formatStatusHint(hint)) };
}
