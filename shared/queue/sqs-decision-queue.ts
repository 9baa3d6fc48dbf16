import type { SQSClient } from '@aws-sdk/client-sqs';
import { formatDecisionHint } from './decision-hint.ts';
import type { DecisionQueue } from './decision-queue.ts';
import { sendBranchMessage } from './sqs-branch-message.ts';

/** A FIFO queue with one group a branch, so that no two verifiers work on one branch, and branches do not wait for each other. */
export function createSqsDecisionQueue(client: SQSClient, queueUrl: string): DecisionQueue {
  return { send: (hint) => sendBranchMessage(client, queueUrl, hint, formatDecisionHint(hint)) };
}
