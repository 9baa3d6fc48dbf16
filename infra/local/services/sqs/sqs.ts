import { EventEmitter } from 'node:events';
import type { DatabaseSync } from 'node:sqlite';
import type { Operations } from '../operation.ts';
import { createBatch } from './batch.ts';
import type { Broker } from './broker.ts';
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
  // One listener for each receiver that waits.
  const changes = new EventEmitter().setMaxListeners(0);
  const broker: Broker = { database, queues, messages, changes };
  const deleteMessage = createDelete(broker);
  const changeVisibility = createChangeVisibility(broker);
  return {
    operations: {
      SendMessage: createSend(broker),
      ReceiveMessage: createReceive(broker),
      DeleteMessage: deleteMessage,
      DeleteMessageBatch: createBatch(deleteMessage),
      ChangeMessageVisibility: changeVisibility,
      ChangeMessageVisibilityBatch: createBatch(changeVisibility),
    },
    createQueue: queues.ensure,
    releaseInFlight() {
      messages.releaseInFlight(Date.now());
      for (const { arn } of queues.list()) {
        changes.emit(arn);
      }
    },
  };
}
