import { Duration } from 'aws-cdk-lib';
import { type Alarm, type IMetric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import type { Construct } from 'constructs';
import { createAlarm } from './create-alarm.ts';

const PERIOD = { period: Duration.minutes(5), statistic: Stats.SUM };

/** Requests that DynamoDB refused since there were too many, each attempt of the SDK counted. */
export function throttledIn(table: Table, what: 'Read' | 'Write', label?: string): IMetric {
  return table.metric(`${what}ThrottleEvents`, { ...PERIOD, ...(label !== undefined && { label }) });
}

/** A function tries again by itself, and hands back what fails for good, so none of its errors tells of a throttled table. */
export function createTableAlarms(scope: Construct, table: Table): readonly Alarm[] {
  return (['Read', 'Write'] as const).map((what) =>
    createAlarm(scope, `table-${what.toLowerCase()}-throttles`, {
      meaning: `DynamoDB refused a hundred ${what.toLowerCase()}s of the table in five minutes. Each was tried again.`,
      metric: throttledIn(table, what),
      // Fewer are usual where a load begins at once: the table grows into it, and what is refused is tried again.
      threshold: 100,
    }),
  );
}
