import type { DatabaseSync } from 'node:sqlite';
import { createChangeVisibility, createDelete } from './finish.ts';
import { openMessageStore } from './message-store.ts';
import { createQueues } from './queues.ts';
import { createReceive } from './receive.ts';
import { createSend } from './send.ts';

/** SQS on SQLite. */
export function openSqs(database: DatabaseSync) {
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
    /** Makes messages visible whose receiver ended with the last process. */
    releaseInFlight: () => messages.releaseAll(Date.now()),
  };
}
