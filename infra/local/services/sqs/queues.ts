import { z } from 'zod';
import { createArn } from '../arn.ts';
import { AwsError } from '../aws-error.ts';
import { parseProperties, type ResourceProperties } from '../resource-properties.ts';

const COMMON = {
  DelaySeconds: z.literal(0).optional(),
  VisibilityTimeout: z.int().min(1).max(43_200).default(30),
  MessageRetentionPeriod: z.int().min(60).max(1_209_600).default(345_600),
  RedrivePolicy: z.object({ deadLetterTargetArn: z.string(), maxReceiveCount: z.int().min(1).max(1000) }).optional(),
};
const FIFO = z.object({
  ...COMMON,
  QueueName: z.string().regex(/^[\w-]{1,75}\.fifo$/),
  FifoQueue: z.literal(true),
  ContentBasedDeduplication: z.literal(false).optional(),
  DeduplicationScope: z.enum(['queue', 'messageGroup']).default('queue'),
});
const STANDARD = z.object({
  ...COMMON,
  QueueName: z.string().regex(/^[\w-]{1,80}$/),
  FifoQueue: z.undefined().optional(),
});

/** An `AWS::SQS::Queue` with its properties; times are seconds. */
export type Queue = QueueAttributes & { readonly arn: string };

type QueueAttributes = Readonly<z.infer<typeof FIFO> | z.infer<typeof STANDARD>>;

export type Queues = ReturnType<typeof createQueues>;

/** The queues that the template names. It is read at each start, so only their messages are kept. */
export function createQueues() {
  const queues = new Map<string, Queue>();
  /** @param locator - URL or ARN; only its last part counts: the port may be another than when the URL was given out. @throws AwsError `QueueDoesNotExist` */
  function find(locator: string): Queue {
    const queue = queues.get(locator.split(/[/:]/).at(-1) ?? '');
    if (queue === undefined) throw new AwsError('QueueDoesNotExist', 'The specified queue does not exist.');
    return queue;
  }
  return {
    /** Makes the queue, or changes the one of that name. A dead-letter queue must be there before what it serves. */
    ensure(properties: ResourceProperties): Queue {
      const parsed = parseProperties<QueueAttributes>(
        'queue',
        properties.FifoQueue === true ? FIFO : STANDARD,
        properties,
      );
      const queue = { ...parsed, arn: createArn('sqs', parsed.QueueName) };
      if (queue.RedrivePolicy !== undefined) find(queue.RedrivePolicy.deadLetterTargetArn);
      queues.set(queue.QueueName, queue);
      return queue;
    },
    find,
    /** Whether messages that failed in another queue come here. */
    isDeadLetterQueue: (arn: string): boolean =>
      [...queues.values()].some(({ RedrivePolicy: redrive }) => redrive?.deadLetterTargetArn === arn),
  };
}
