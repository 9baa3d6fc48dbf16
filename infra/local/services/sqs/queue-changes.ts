import { EventEmitter, once } from 'node:events';

/** Wakes those who wait for a message of a queue. */
export interface QueueChanges {
  tell(queue: string): void;
  /** Until something happened in the queue, the time is over, or the client is gone. */
  wait(queue: string, milliseconds: number, signal: AbortSignal): Promise<void>;
}

export function createQueueChanges(): QueueChanges {
  const emitter = new EventEmitter().setMaxListeners(0);
  return {
    tell: (queue) => {
      emitter.emit(`changed ${queue}`);
    },
    async wait(queue, milliseconds, signal) {
      const timeout = AbortSignal.timeout(milliseconds);
      await once(emitter, `changed ${queue}`, { signal: AbortSignal.any([signal, timeout]) }).catch(
        (error: unknown) => {
          if (!signal.aborted && !timeout.aborted) {
            throw error;
          }
        },
      );
    },
  };
}
