import { setTimeout as delay } from 'node:timers/promises';

/** How long answers took, and whether they came as fast as they were asked for. */
export interface Timing {
  readonly count: number;
  /** From when the first was due to when the last was answered, in seconds. */
  readonly seconds: number;
  /** From when a request was due, not from when the generator came to send it, to its answer: in milliseconds. */
  readonly p50: number;
  readonly p99: number;
}

const TICK_MS = 5;

/**
 * Sends at a steady rate, whether or not answers keep up, as the world does.
 * @param send - resolves with the answer, when that was checked; where one rejects no more are sent, and this rejects too
 */
export async function runAtRate(
  perSecond: number,
  seconds: number,
  send: (index: number) => Promise<void>,
): Promise<Timing> {
  const total = Math.round(perSecond * seconds);
  const start = performance.now();
  const pending: Promise<number>[] = [];
  const sendDue = async (index: number): Promise<number> => {
    const due = start + (index * 1000) / perSecond;
    await send(index);
    return performance.now() - due;
  };
  let hasFailed = false;
  const begin = (sent: Promise<number>) => {
    pending.push(sent);
    // Else it would end the process before anything is cleaned up.
    sent.catch(() => {
      hasFailed = true;
    });
  };
  while (pending.length < total && !hasFailed) {
    const due = Math.min(total, Math.floor(((performance.now() - start) * perSecond) / 1000) + 1);
    while (pending.length < due) begin(sendDue(pending.length));
    await delay(TICK_MS);
  }
  const times = await Promise.all(pending);
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(total - 1, Math.floor(total * share))] ?? Number.NaN;
  return { count: total, seconds: (performance.now() - start) / 1000, p50: at(0.5), p99: at(0.99) };
}
