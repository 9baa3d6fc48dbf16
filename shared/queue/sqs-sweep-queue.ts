import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { SweepQueue } from './sweep-queue.ts';

const AT_ONCE = 16;

/** A standard queue: FIFO queues have no delay of a single message. A repository that comes twice does no harm. */
export function createSqsSweepQueue(client: SQSClient, queueUrl: string): SweepQueue {
  return {
    async sendAll(turns) {
      const left = turns.values();
      const send = async () => {
        for (const { repository, delaySeconds } of left) {
          await client.send(
            new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: repository, DelaySeconds: delaySeconds }),
          );
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, send));
    },
  };
}
