import type { Log } from '../../shared/lambda/log.ts';
import type { StatusQueue } from '../../shared/queue/status-queue.ts';

/** A status queue that says so where it refuses a hint: whoever sends goes on (trust rule 5.5). */
export function reportRefusals(queue: StatusQueue, log: Log): StatusQueue {
  return {
    async send(hint) {
      try {
        await queue.send(hint);
      } catch (error) {
        log.warn('A commit status cannot be queued. It stays due: the sweep asks again.', { ...hint.ref, error });
        throw error;
      }
    },
  };
}
