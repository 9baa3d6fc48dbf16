import { randomUUID } from 'node:crypto';
import type { LambdaFunction } from './lambda-function.ts';

/** A rule of EventBridge that calls a function at a fixed rate (`AWS::Events::Rule`). */
export interface ScheduleRule {
  readonly arn: string;
  readonly milliseconds: number;
  readonly target: LambdaFunction;
}

export interface Schedule {
  stop(): void;
}

const MILLISECONDS = { minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const;

/** @returns milliseconds; null for anything but `rate(<n> minutes|hours|days)`. */
export function parseRate(expression: string): number | null {
  const [, count, unit] = /^rate\(([1-9]\d{0,4}) (minute|hour|day)s?\)$/.exec(expression) ?? [];
  return unit === 'minute' || unit === 'hour' || unit === 'day' ? Number(count) * MILLISECONDS[unit] : null;
}

/** Fires at once, for what was missed while nothing ran here, and then at the rule's rate. A failure goes to the function's log; the next time makes it good. */
export function startSchedule(rule: ScheduleRule): Schedule {
  const fire = (): void => void rule.target.invoke(createScheduledEvent(rule.arn));
  fire();
  const timer = setInterval(fire, rule.milliseconds);
  return { stop: () => clearInterval(timer) };
}

function createScheduledEvent(arn: string): object {
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': 'Scheduled Event',
    source: 'aws.events',
    account: arn.split(':')[4],
    time: new Date().toISOString().replace(/\.\d+Z$/, 'Z'),
    region: arn.split(':')[3],
    resources: [arn],
    detail: {},
  };
}
