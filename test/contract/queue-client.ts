import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  type Message,
  ReceiveMessageCommand,
  type ReceiveMessageCommandInput,
  SendMessageCommand,
  type SendMessageCommandInput,
  SQSClient,
} from '@aws-sdk/client-sqs';
import type { Cloud, QueueProperties } from './cloud.ts';

export type QueueClient = Awaited<ReturnType<typeof createQueueClient>>;

/** A queue of its own for each test, and short words for what is done to it. */
export async function createQueueClient(cloud: Pick<Cloud, 'settings' | 'createQueue'>, properties?: QueueProperties) {
  const { url: QueueUrl, arn } = await cloud.createQueue(properties);
  const sqs = new SQSClient(cloud.settings);
  let sent = 0;
  return {
    sqs,
    QueueUrl,
    arn,
    send(MessageGroupId: string, MessageBody: string, more: Partial<SendMessageCommandInput> = {}) {
      sent += 1;
      const input = { QueueUrl, MessageGroupId, MessageBody, MessageDeduplicationId: `id-${sent}`, ...more };
      return sqs.send(new SendMessageCommand(input));
    },
    /** Up to ten messages. */
    async receive(more: Partial<ReceiveMessageCommandInput> = {}, abortSignal?: AbortSignal): Promise<Message[]> {
      const input = { QueueUrl, MaxNumberOfMessages: 10, MessageSystemAttributeNames: ['All' as const], ...more };
      return (await sqs.send(new ReceiveMessageCommand(input), abortSignal ? { abortSignal } : {})).Messages ?? [];
    },
    delete: (message: Message | undefined) =>
      sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message?.ReceiptHandle })),
    changeVisibility: (message: Message | undefined, VisibilityTimeout: number) =>
      sqs.send(
        new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle: message?.ReceiptHandle, VisibilityTimeout }),
      ),
  };
}

export const bodies = (messages: readonly Message[]) => messages.map(({ Body }) => Body);
