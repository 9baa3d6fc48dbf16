import { createHash } from 'node:crypto';
import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { formatDecisionHint } from './decision-hint.ts';
import type { DecisionQueue } from './decision-queue.ts';

/** A FIFO queue with one group a branch, so that no two verifiers work on one branch, and branches do not wait for each other. */
export function createSqsDecisionQueue(client: SQSClient, queueUrl: string): DecisionQueue {
  return {
    async send(hint) {
      // Neither name can hold `:`, nor a branch a line feed. Hashed, because SQS bounds length and characters of both ids.
      const branch = `${hint.ref.repository}:${hint.ref.branch}`;
      await client.send(
        new SendMessageCommand({
          QueueUrl: queueUrl,
          MessageBody: formatDecisionHint(hint),
          MessageGroupId: sha256(branch),
          MessageDeduplicationId: sha256(`${branch}\n${hint.delivery}`),
        }),
      );
    },
  };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
