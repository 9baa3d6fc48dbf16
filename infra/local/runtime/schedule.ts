import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import type { LambdaFunction } from './lambda-function.ts';

/** A rule of EventBridge that calls a function at a fixed rate (`AWS::Events::Rule`). */
export interface ScheduleRule {
  readonly arn: string;
  readonly milliseconds: number;
  readonly target: LambdaFunction;
}

const MILLISECONDS: Readonly<Record<string, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

/** @returns milliseconds; null for anything but `rate(<n> minutes|hours|days)`. */
export function parseRate(expression: string): number | null {
  const [, count, unit = ''] = /^rate\(([1-9]\d{0,2}) (minute|hour|day)s?\)$/.exec(expression) ?? [];
  const milliseconds = MILLISECONDS[unit];
  return milliseconds === undefined ? null : Number(count) * milliseconds;
}

/**
 * Fires at once, for what was missed while nothing ran here, and then at the rule's rate, until it is stopped.
 * A failure goes to the function's log; the next time makes it good.
 */
export async function runSchedule({ arn, milliseconds, target }: ScheduleRule, stopped: AbortSignal): Promise<void> {
  while (!stopped.aborted) {
    void target.invoke(createScheduledEvent(arn));
    await setTimeout(milliseconds, null, { signal: stopped }).catch(() => {});
  }
}

function createScheduledEvent(arn: string): object {
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': 'Scheduled Event',
    source: 'aws.events',
    time: new Date().toISOString().replace(/\.\d+Z$/, 'Z'),
    resources: [arn],
    detail: {},
  };
}
