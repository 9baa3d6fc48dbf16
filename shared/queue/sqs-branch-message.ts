import { createHash } from 'node:crypto';
import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { BranchRef } from '../model/branch-ref.ts';

/** Sends a message in the group of its branch to a FIFO queue. The same `delivery` of a branch counts once in five minutes. */
export async function sendBranchMessage(
  client: SQSClient,
  queueUrl: string,
  { ref, delivery }: { readonly ref: BranchRef; readonly delivery: string },
  body: string,
): Promise<void> {
  // Neither name can hold `:`, nor a branch a line feed. Hashed, because SQS bounds length and characters of both ids.
  const branch = `${ref.repository}:${ref.branch}`;
  await client.send(
    new SendMessageCommand({
      QueueUrl: queueUrl,
      MessageBody: body,
      MessageGroupId: sha256(branch),
      MessageDeduplicationId: sha256(`${branch}\n${delivery}`),
    }),
  );
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
