import type { DeadLetterQueue } from '../../shared/queue/dead-letter-queue.ts';

export interface RedriveOutcome {
  /** About how many messages went back. */
  readonly moved: number;
  /** About how many are still set aside, those that failed again meanwhile among them. */
  readonly left: number;
  /** What SQS says went wrong; null where nothing did. */
  readonly failure: string | null;
}

/**
 * Moves what was set aside back to the queue in which it failed, and waits until SQS is done.
 * @param waiting - how many messages there were before they were looked at: SQS counts none of those that somebody has just
 *   received, and is slow to count them again
 * @param pause - between two looks
 */
export async function redriveDeadLetters(
  queue: DeadLetterQueue,
  waiting: number,
  pause: () => Promise<void>,
): Promise<RedriveOutcome> {
  // Else the latest task would be that of another day.
  if (waiting === 0) return { moved: 0, left: 0, failure: null };
  await queue.startRedrive();
  for (;;) {
    const redrive = await queue.readRedrive();
    if (redrive !== null && redrive.status !== 'running') {
      const failure = redrive.status === 'failed' ? (redrive.failure ?? 'It was cancelled.') : null;
      return { moved: redrive.moved, left: await queue.count(), failure };
    }
    await pause();
  }
}
