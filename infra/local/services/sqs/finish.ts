import { z } from 'zod';
import { AwsError } from '../aws-error.ts';
import { type Operation, operation } from '../operation.ts';
import type { Broker } from './broker.ts';
import { parseReceiptHandle } from './receipt-handle.ts';

const DELETE = z.object({ QueueUrl: z.string(), ReceiptHandle: z.string() });

const CHANGE_VISIBILITY = DELETE.extend({ VisibilityTimeout: z.int().min(0).max(43_200) });

/** `DeleteMessage` of a FIFO queue. Deleting what is deleted succeeds. */
export function createDelete(broker: Broker): Operation {
  return operation(DELETE, 'InvalidParameterValue', (input) => {
    const { queue, sequence, state } = findReceived(broker, input);
    if (state === 'expired') {
      throw new AwsError(
        'InvalidParameterValue',
        'Value for parameter ReceiptHandle is invalid. Reason: The receipt handle has expired.',
      );
    }
    if (state === 'in flight') {
      broker.messages.remove(sequence);
      broker.changes.emit(queue.arn);
    }
  });
}

/** `ChangeMessageVisibility`: counted from now; 0 gives the message back at once. */
export function createChangeVisibility(broker: Broker): Operation {
  return operation(CHANGE_VISIBILITY, 'InvalidParameterValue', (input) => {
    const { queue, sequence, state } = findReceived(broker, input);
    if (state !== 'in flight') {
      throw new AwsError('MessageNotInflight', 'The message referred to is not in flight.');
    }
    broker.messages.setVisibleAt(sequence, Date.now() + input.VisibilityTimeout * 1000);
    broker.changes.emit(queue.arn);
  });
}

/** Only the receipt of the latest receive counts, and only while it lasts. */
function findReceived({ queues, messages }: Broker, { QueueUrl, ReceiptHandle }: z.infer<typeof DELETE>) {
  const queue = queues.find(QueueUrl);
  const { sequence, receipt } = parseReceiptHandle(ReceiptHandle);
  const message = messages.get(queue.arn, sequence);
  const inFlight = message?.receipt === receipt && message.visibleAt > Date.now();
  const state = message === undefined ? 'deleted' : inFlight ? 'in flight' : 'expired';
  return { queue, sequence, state };
}
