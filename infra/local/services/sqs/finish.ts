import { z } from 'zod';
import { AwsError } from '../aws-error.ts';
import { type Operation, operation } from '../operation.ts';
import type { MessageStore } from './message-store.ts';
import type { QueueChanges } from './queue-changes.ts';
import type { Queues } from './queues.ts';
import { parseReceiptHandle } from './receipt-handle.ts';

const DELETE = z.object({ QueueUrl: z.string(), ReceiptHandle: z.string() });

const CHANGE_VISIBILITY = DELETE.extend({ VisibilityTimeout: z.int().min(0).max(43_200) });

/** `DeleteMessage` of a FIFO queue: only the receipt of the latest receive counts, and only while it lasts. Deleting what is deleted succeeds. */
export function createDelete(queues: Queues, messages: MessageStore, changes: QueueChanges): Operation {
  return operation(DELETE, 'InvalidParameterValue', ({ QueueUrl, ReceiptHandle }) => {
    const queue = queues.find(QueueUrl);
    const { sequence, receipt } = parseReceiptHandle(ReceiptHandle);
    const message = messages.get(queue.name, sequence);
    if (message === undefined) {
      return;
    }
    if (message.receipt !== receipt || message.visibleAt <= Date.now()) {
      throw new AwsError(
        'InvalidParameterValue',
        'Value for parameter ReceiptHandle is invalid. Reason: The receipt handle has expired.',
      );
    }
    messages.remove(sequence);
    changes.tell(queue.name);
  });
}

/** `ChangeMessageVisibility`: counted from now; 0 gives the message back at once. */
export function createChangeVisibility(queues: Queues, messages: MessageStore, changes: QueueChanges): Operation {
  return operation(CHANGE_VISIBILITY, 'InvalidParameterValue', ({ QueueUrl, ReceiptHandle, VisibilityTimeout }) => {
    const queue = queues.find(QueueUrl);
    const { sequence, receipt } = parseReceiptHandle(ReceiptHandle);
    const message = messages.get(queue.name, sequence);
    const now = Date.now();
    if (message === undefined || message.receipt !== receipt || message.visibleAt <= now) {
      throw new AwsError('MessageNotInflight', 'The message referred to is not in flight.');
    }
    messages.setVisibleAt(sequence, now + VisibilityTimeout * 1000);
    changes.tell(queue.name);
  });
}
