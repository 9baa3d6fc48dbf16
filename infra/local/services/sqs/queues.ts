import { z } from 'zod';
import { createArn } from '../arn.ts';
import { AwsError } from '../aws-error.ts';
import { INTEGER, parseProperties, type ResourceProperties } from '../resource-properties.ts';

export interface Queue {
  readonly name: string;
  readonly arn: string;
  readonly contentBasedDeduplication: boolean;
  readonly deduplicationScope: 'queue' | 'messageGroup';
  /** Seconds. */
  readonly visibilityTimeout: number;
  /** Seconds. */
  readonly waitTime: number;
  /** Seconds. */
  readonly retentionPeriod: number;
  readonly redrive: { readonly deadLetterQueue: string; readonly maxReceiveCount: number } | null;
}

const FLAG = z.union([z.boolean(), z.stringbool()]);

const PROPERTIES = z.object({
  QueueName: z.string().regex(/^[\w-]{1,75}\.fifo$/),
  FifoQueue: FLAG.pipe(z.literal(true)),
  ContentBasedDeduplication: FLAG.default(false),
  DeduplicationScope: z.enum(['queue', 'messageGroup']).default('queue'),
  DelaySeconds: INTEGER.pipe(z.literal(0)).optional(),
  VisibilityTimeout: INTEGER.min(0).max(43_200).default(30),
  ReceiveMessageWaitTimeSeconds: INTEGER.min(0).max(20).default(0),
  MessageRetentionPeriod: INTEGER.min(60).max(1_209_600).default(345_600),
  RedrivePolicy: z.object({ deadLetterTargetArn: z.string(), maxReceiveCount: INTEGER.min(1).max(1000) }).optional(),
});

export interface Queues {
  /** Makes an `AWS::SQS::Queue`, or changes the one of that name. */
  ensure(properties: ResourceProperties): Queue;
  /** @param url - only its last part counts: the port may be another than when the URL was given out. @throws AwsError `QueueDoesNotExist` */
  find(url: string): Queue;
  names(): Iterable<string>;
}

/** The queues that the template names. It is read at each start, so only their messages are kept. */
export function createQueues(): Queues {
  const queues = new Map<string, Queue>();
  return {
    ensure(properties) {
      const queue = toQueue(parseProperties('queue (only FIFO queues exist here)', PROPERTIES, properties));
      queues.set(queue.name, queue);
      return queue;
    },
    find(url) {
      const queue = queues.get(lastPart(url, '/'));
      if (queue === undefined) {
        throw new AwsError('QueueDoesNotExist', 'The specified queue does not exist.');
      }
      return queue;
    },
    names: () => queues.keys(),
  };
}

function toQueue(properties: z.infer<typeof PROPERTIES>): Queue {
  const { RedrivePolicy: policy } = properties;
  return {
    name: properties.QueueName,
    arn: createArn('sqs', properties.QueueName),
    contentBasedDeduplication: properties.ContentBasedDeduplication,
    deduplicationScope: properties.DeduplicationScope,
    visibilityTimeout: properties.VisibilityTimeout,
    waitTime: properties.ReceiveMessageWaitTimeSeconds,
    retentionPeriod: properties.MessageRetentionPeriod,
    redrive: policy
      ? { deadLetterQueue: lastPart(policy.deadLetterTargetArn, ':'), maxReceiveCount: policy.maxReceiveCount }
      : null,
  };
}

function lastPart(text: string, separator: string): string {
  return text.slice(text.lastIndexOf(separator) + 1);
}
