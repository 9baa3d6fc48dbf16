import { ChangeMessageVisibilityCommand, type SQSClient } from '@aws-sdk/client-sqs';

/** A received message whose handling failed. */
export interface FailedMessage {
  readonly receiptHandle: string;
  /** How often it was received, this time included. */
  readonly receives: number;
}

/** Has messages come back after so many seconds; null: soon. */
export type ReturnMessages = (messages: readonly FailedMessage[], afterSeconds: number | null) => Promise<void>;

const BASE_SECONDS = 2;
const MAX_SECONDS = 60;

/** Shortens visibility, so that one bad run does not hold a branch for as long as a crash would. */
export function createSqsMessageReturn(client: SQSClient, queueUrl: string): ReturnMessages {
  return async (messages, afterSeconds) => {
    await Promise.all(
      messages.map(({ receiptHandle, receives }) =>
        client.send(
          new ChangeMessageVisibilityCommand({
            QueueUrl: queueUrl,
            ReceiptHandle: receiptHandle,
            VisibilityTimeout: afterSeconds ?? returnDelaySeconds(receives, Math.random()),
          }),
        ),
      ),
    );
  };
}

/** Doubles with every receive, with jitter over its upper half. @param random - from 0 to 1. */
export function returnDelaySeconds(receives: number, random: number): number {
  const bound = Math.min(MAX_SECONDS, BASE_SECONDS * 2 ** Math.min(receives - 1, 10));
  return Math.ceil((bound * (1 + random)) / 2);
}
