import { z } from 'zod';
import { AwsError } from '../aws-error.ts';
import { type Operation, operation } from '../operation.ts';
import type { MessageStore, StoredMessage } from './message-store.ts';
import type { Queues } from './queues.ts';

const DELETE = z.object({ QueueUrl: z.string(), ReceiptHandle: z.string() });

const CHANGE_VISIBILITY = DELETE.extend({ VisibilityTimeout: z.int().min(0).max(43_200) });

/** `DeleteMessage`. Deleting what is deleted succeeds. */
export function createDelete(queues: Queues, messages: MessageStore): Operation {
  return operation(DELETE, 'InvalidParameterValue', (input) => {
    const { queue, sequence, state } = findReceived(queues, messages, input);
    if (state === 'expired') throw new AwsError('InvalidParameterValue', 'The receipt handle has expired.');
    if (state === 'in flight') messages.remove(queue, sequence);
  });
}

/** `ChangeMessageVisibility`: counted from now; 0 gives the message back at once. */
export function createChangeVisibility(queues: Queues, messages: MessageStore): Operation {
  return operation(CHANGE_VISIBILITY, 'InvalidParameterValue', (input) => {
    const { queue, sequence, state } = findReceived(queues, messages, input);
    if (state !== 'in flight') throw new AwsError('MessageNotInflight', 'The message is not in flight.');
    messages.setVisibleAt(queue, sequence, Date.now() + input.VisibilityTimeout * 1000);
  });
}

/** Only the receipt of the latest receive counts, and only while it lasts. */
function findReceived(queues: Queues, messages: MessageStore, { QueueUrl, ReceiptHandle }: z.infer<typeof DELETE>) {
  const queue = queues.find(QueueUrl).arn;
  const [, sequence, receipt] = /^(\d{1,15}):([0-9a-f-]{36})$/.exec(ReceiptHandle) ?? [];
  if (sequence === undefined) {
    throw new AwsError('ReceiptHandleIsInvalid', 'The input receipt handle is invalid.', 404);
  }
  const message = messages.find(queue, Number(sequence));
  return { queue, sequence: Number(sequence), state: stateOf(message, receipt) };
}

function stateOf(message: StoredMessage | undefined, receipt: string | undefined): 'deleted' | 'in flight' | 'expired' {
  if (message === undefined) return 'deleted';
  return message.receipt === receipt && message.visibleAt > Date.now() ? 'in flight' : 'expired';
}
