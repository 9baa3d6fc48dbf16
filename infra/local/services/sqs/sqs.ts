import type { DatabaseSync } from 'node:sqlite';
import type { Operations } from '../operation.ts';
import type { ResourceProperties } from '../resource-properties.ts';
import { createBatch } from './batch.ts';
import { openDeduplication } from './deduplication.ts';
import { createChangeVisibility, createDelete } from './finish.ts';
import { openMessageStore } from './message-store.ts';
import { createQueueChanges } from './queue-changes.ts';
import { createQueues, type Queue } from './queues.ts';
import { createReceive } from './receive.ts';
import { createSend } from './send.ts';

export interface Sqs {
  readonly operations: Operations;
  createQueue(properties: ResourceProperties): Queue;
  releaseInFlight(): void;
}

/** SQS FIFO queues on SQLite. */
export function openSqs(database: DatabaseSync): Sqs {
  const queues = createQueues();
  const messages = openMessageStore(database);
  const changes = createQueueChanges();
  const deleteMessage = createDelete(queues, messages, changes);
  const changeVisibility = createChangeVisibility(queues, messages, changes);
  return {
    operations: {
      SendMessage: createSend(database, queues, messages, openDeduplication(database), changes),
      ReceiveMessage: createReceive(database, queues, messages, changes),
      DeleteMessage: deleteMessage,
      DeleteMessageBatch: createBatch(deleteMessage),
      ChangeMessageVisibility: changeVisibility,
      ChangeMessageVisibilityBatch: createBatch(changeVisibility),
    },
    createQueue: queues.ensure,
    releaseInFlight() {
      messages.releaseInFlight(Date.now());
      for (const name of queues.names()) {
        changes.tell(name);
      }
    },
  };
}
