import {
  ChangeMessageVisibilityCommand,
  GetQueueAttributesCommand,
  ListMessageMoveTasksCommand,
  type ListMessageMoveTasksResultEntry,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
  StartMessageMoveTaskCommand,
  UnsupportedOperation,
} from '@aws-sdk/client-sqs';
import type { BranchRef } from '../model/branch-ref.ts';
import type { DeadLetter, DeadLetterQueue, Redrive } from './dead-letter-queue.ts';
import { parseDecisionHint } from './decision-hint.ts';

/** While they are looked at, nobody else receives them. */
const PEEK_SECONDS = 30;
const MAX_PEEKED = 200;

/** SQS moves the messages itself, in the order in which they came, also those of FIFO queues. */
export function createSqsDeadLetterQueue(client: SQSClient, queueUrl: string): DeadLetterQueue {
  const read = async (name: 'QueueArn' | 'ApproximateNumberOfMessages'): Promise<string> => {
    const command = new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: [name] });
    const value = (await client.send(command)).Attributes?.[name];
    if (value === undefined) throw new Error(`SQS does not tell the ${name} of a queue.`);
    return value;
  };
  return {
    count: async () => Number(await read('ApproximateNumberOfMessages')),
    async peek() {
      const seen: Message[] = [];
      try {
        while (seen.length < MAX_PEEKED) {
          const command = new ReceiveMessageCommand({
            QueueUrl: queueUrl,
            MaxNumberOfMessages: 10,
            VisibilityTimeout: PEEK_SECONDS,
            MessageSystemAttributeNames: ['SentTimestamp', 'ApproximateReceiveCount'],
          });
          const { Messages = [] } = await client.send(command);
          if (Messages.length === 0) break;
          seen.push(...Messages);
        }
      } finally {
        for (const { ReceiptHandle } of seen) {
          const back = { QueueUrl: queueUrl, ReceiptHandle, VisibilityTimeout: 0 };
          await client.send(new ChangeMessageVisibilityCommand(back));
        }
      }
      return seen.map(describeLetter);
    },
    async startRedrive() {
      try {
        await client.send(new StartMessageMoveTaskCommand({ SourceArn: await read('QueueArn') }));
      } catch (error) {
        // Only one task runs at a time: this one is it.
        if (!(error instanceof UnsupportedOperation)) throw error;
      }
    },
    async readRedrive() {
      const command = new ListMessageMoveTasksCommand({ SourceArn: await read('QueueArn'), MaxResults: 1 });
      const [latest] = (await client.send(command)).Results ?? [];
      return latest === undefined ? null : describe(latest);
    },
  };
}

function describeLetter({ Body = '', Attributes = {} }: Message): DeadLetter {
  const sentAt = new Date(Number(Attributes.SentTimestamp));
  return { ref: readRef(Body), sentAt, receives: Number(Attributes.ApproximateReceiveCount) };
}

/** Hints at decisions and at statuses both name their branch so. */
function readRef(body: string): BranchRef | null {
  try {
    return parseDecisionHint(body).ref;
  } catch {
    return null;
  }
}

function describe(task: ListMessageMoveTasksResultEntry): Redrive {
  return {
    status: statusOf(task.Status),
    moved: task.ApproximateNumberOfMessagesMoved ?? 0,
    failure: task.FailureReason ?? null,
  };
}

/** `CANCELLING` still runs; somebody cancelled what is `CANCELLED`. */
function statusOf(status: string | undefined): Redrive['status'] {
  if (status === 'RUNNING' || status === 'CANCELLING') return 'running';
  return status === 'COMPLETED' ? 'completed' : 'failed';
}
