import {
  GetQueueAttributesCommand,
  ListMessageMoveTasksCommand,
  type ListMessageMoveTasksResultEntry,
  type SQSClient,
  StartMessageMoveTaskCommand,
  UnsupportedOperation,
} from '@aws-sdk/client-sqs';
import type { DeadLetterQueue, Redrive } from './dead-letter-queue.ts';

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
