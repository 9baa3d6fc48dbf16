import { Duration } from 'aws-cdk-lib';
import type { Alarm } from 'aws-cdk-lib/aws-cloudwatch';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import type { FunctionName } from '../function-names.ts';
import { createAlarm } from './create-alarm.ts';

const FIVE_MINUTES = { period: Duration.minutes(5) };

/** What every function that is deployed can fail in. */
export function createFunctionAlarms(
  scope: Construct,
  functions: ReadonlyMap<FunctionName, IFunction>,
): readonly Alarm[] {
  return [...functions].flatMap(([name, lambda]) => [
    createAlarm(scope, `${name}-errors`, {
      meaning: `Headlock's ${name} function fails. Its log says why.`,
      metric: lambda.metricErrors(FIVE_MINUTES),
    }),
    createAlarm(scope, `${name}-throttles`, {
      meaning: `Lambda runs ${name} no more often at once: the account's concurrency, or the function's own, is used up.`,
      metric: lambda.metricThrottles(FIVE_MINUTES),
    }),
  ]);
}

/** A function that runs by a schedule, and has not in `within`. */
export function createSilenceAlarm(scope: Construct, name: FunctionName, lambda: IFunction, within: Duration): Alarm {
  return createAlarm(scope, `${name}-silence`, {
    meaning: `The ${name} does not run. See that its schedule is enabled.`,
    metric: lambda.metricInvocations({ period: within }),
    isBelow: true,
    isSilenceBad: true,
  });
}
