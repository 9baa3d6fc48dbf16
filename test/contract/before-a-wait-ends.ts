import type { Cloud } from './cloud.ts';
import { createQueueClient } from './queue-client.ts';

/** Fails as soon as a whole long poll is over, the longest that there is: what wakes up ends before. */
export async function beforeAWaitEnds<T>(cloud: Cloud, work: () => Promise<T>): Promise<T> {
  const idle = await createQueueClient(cloud);
  const waiting = new AbortController();
  const taken = cloud.nextTaken('ReceiveMessage');
  const isOver = idle.receive({ WaitTimeSeconds: 20 }, waiting.signal).then(
    () => Promise.reject(new Error('It took as long as a wait for nothing.')),
    () => new Promise<never>(() => {}),
  );
  await taken;
  try {
    return await Promise.race([work(), isOver]);
  } finally {
    waiting.abort();
  }
}
