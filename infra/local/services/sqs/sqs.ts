import type { DatabaseSync } from 'node:sqlite';
import type { Operations } from '../operation.ts';
import { createChangeVisibility, createDelete } from './finish.ts';
import { openMessageStore } from './message-store.ts';
import { createQueues, type Queues } from './queues.ts';
import { createReceive } from './receive.ts';
import { createSend } from './send.ts';

export interface Sqs {
  readonly operations: Operations;
  readonly createQueue: Queues['ensure'];
  releaseInFlight(): void;
}

/** SQS FIFO queues on SQLite. */
export function openSqs(database: DatabaseSync): Sqs {
  const queues = createQueues();
  const messages = openMessageStore(database);
  return {
    operations: {
      SendMessage: createSend(database, queues, messages),
      ReceiveMessage: createReceive(database, queues, messages),
      DeleteMessage: createDelete(queues, messages),
      ChangeMessageVisibility: createChangeVisibility(queues, messages),
    },
    createQueue: queues.ensure,
    releaseInFlight: () => messages.releaseAll(Date.now()),
  };
}
