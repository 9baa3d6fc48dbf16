import type { EventEmitter } from 'node:events';
import type { DatabaseSync } from 'node:sqlite';
import type { MessageStore } from './message-store.ts';
import type { Queues } from './queues.ts';

/** What the operations of SQS share. */
export interface Broker {
  readonly database: DatabaseSync;
  readonly queues: Queues;
  readonly messages: MessageStore;
  /** Emits a queue's ARN when there may be something to receive from it. */
  readonly changes: EventEmitter;
}
