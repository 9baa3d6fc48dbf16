import { z } from 'zod';
import { type Operation, operation } from '../operation.ts';
import type { MessageStore } from './message-store.ts';
import type { Queues } from './queues.ts';

const INPUT = z.strictObject({
  QueueUrl: z.string(),
  AttributeNames: z.array(z.enum(['QueueArn', 'ApproximateNumberOfMessages'])).min(1),
});

/** `GetQueueAttributes`: those that Headlock asks for. */
export function createGetAttributes(queues: Queues, messages: MessageStore): Operation {
  return operation(INPUT, 'InvalidAttributeName', ({ QueueUrl, AttributeNames: names }) => {
    const { arn } = queues.find(QueueUrl);
    const known = {
      QueueArn: arn,
      ApproximateNumberOfMessages: String(messages.listVisible(arn, Date.now()).length),
    };
    return { Attributes: Object.fromEntries(names.map((name) => [name, known[name]])) };
  });
}
