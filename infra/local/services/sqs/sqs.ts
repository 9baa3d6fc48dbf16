import type { DatabaseSync } from 'node:sqlite';
import { createGetAttributes } from './attributes.ts';
import { createChangeVisibility, createDelete } from './finish.ts';
import { openMessageStore } from './message-store.ts';
import { createMoveTasks } from './move.ts';
import { createQueues } from './queues.ts';
import { createReceive } from './receive.ts';
import { createSend } from './send.ts';

/** SQS on SQLite. */
export function openSqs(database: DatabaseSync) {
  const queues = createQueues();
  const messages = openMessageStore(database);
  const moves = createMoveTasks(database, queues, messages);
  return {
    operations: {
      SendMessage: createSend(database, queues, messages),
      ReceiveMessage: createReceive(database, queues, messages),
      DeleteMessage: createDelete(queues, messages),
      ChangeMessageVisibility: createChangeVisibility(queues, messages),
      GetQueueAttributes: createGetAttributes(queues, messages),
      StartMessageMoveTask: moves.start,
      ListMessageMoveTasks: moves.list,
    },
    createQueue: queues.ensure,
    /** Makes messages visible whose receiver ended with the last process. */
    releaseInFlight: () => messages.releaseAll(Date.now()),
  };
}
