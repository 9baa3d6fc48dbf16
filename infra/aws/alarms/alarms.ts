import { Duration } from 'aws-cdk-lib';
import { type Alarm, type IMetric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { readConfiguration } from '../configuration.ts';
import type { FunctionName } from '../function-names.ts';
import { RETRY_PLAN } from '../retry-plan.ts';
import { createBranchAlarms } from './branch-alarms.ts';
import { createAlarm } from './create-alarm.ts';
import { createFunctionAlarms, createSilenceAlarm } from './function-alarms.ts';
import { createQueueAlarms, type WatchedQueues } from './queue-alarms.ts';
import { createTableAlarms } from './table-alarms.ts';

export interface Watched {
  /** Who is told. */
  readonly topic: ITopic;
  readonly functions: ReadonlyMap<FunctionName, IFunction>;
  readonly queues: WatchedQueues;
  readonly table: Table;
  /** How often the HTTP API answers 5xx. */
  readonly serverErrors: IMetric;
  /** How often it answers 429. */
  readonly throttled: IMetric;
}

/** All alarms of an installation. They tell the topic when they are set off; when they end, nobody is woken. */
export class Alarms extends Construct {
  readonly all: readonly Alarm[];

  constructor(scope: Construct, id: string, { topic, functions, queues, table, serverErrors, throttled }: Watched) {
    super(scope, id);
    this.all = [
      ...createBranchAlarms(this),
      ...createQueueAlarms(this, queues),
      ...createFunctionAlarms(this, functions),
      ...createTableAlarms(this, table),
      ...this.watchSchedules(functions),
      createAlarm(this, 'api-errors', {
        meaning: 'The HTTP API answers 5xx. The logs of the webhook and trusted-revision functions say why.',
        metric: serverErrors,
      }),
      createAlarm(this, 'api-throttles', {
        meaning: 'The HTTP API refused a hundred requests in five minutes as too many: deliveries of forges, or polls.',
        metric: throttled,
        threshold: 100,
      }),
    ];
    const action = new SnsAction(topic);
    for (const alarm of this.all) alarm.addAlarmAction(action);
  }

  private watchSchedules(functions: ReadonlyMap<FunctionName, IFunction>): readonly Alarm[] {
    const { canary } = readConfiguration(this);
    const periods = new Map<FunctionName, Duration>([
      ['sweep', Duration.minutes(3 * RETRY_PLAN.sweep.period.toMinutes())],
    ]);
    if (canary !== null) periods.set('canary', Duration.minutes(2 * canary.everyMinutes));
    return [...periods].flatMap(([name, period]) => {
      const lambda = functions.get(name);
      return lambda === undefined ? [] : [createSilenceAlarm(this, name, lambda, period)];
    });
  }
}

/** 5xx answers in five minutes. */
export const SERVER_ERRORS = { period: Duration.minutes(5), statistic: Stats.SUM };
