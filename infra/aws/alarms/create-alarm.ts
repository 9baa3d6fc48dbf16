import { Alarm, ComparisonOperator, type IMetric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import { nameInInstallation } from '../configuration.ts';

export interface AlarmSettings {
  /** What it means, in one or two sentences. */
  readonly meaning: string;
  readonly metric: IMetric;
  /** @default 1 */
  readonly threshold?: number;
  /** @default at or over the threshold */
  readonly isBelow?: boolean;
  /** @default false: silence is health */
  readonly isSilenceBad?: boolean;
}

/**
 * Every alarm of an installation: `<installation>-<name>`, set off by one period. Its name is the heading of its runbook in
 * `docs/operations.md`.
 */
export function createAlarm(scope: Construct, name: string, settings: AlarmSettings): Alarm {
  const { meaning, metric, threshold = 1, isBelow = false, isSilenceBad = false } = settings;
  const { LESS_THAN_THRESHOLD, GREATER_THAN_OR_EQUAL_TO_THRESHOLD } = ComparisonOperator;
  return new Alarm(scope, name, {
    alarmName: nameInInstallation(scope, name),
    alarmDescription: `${meaning} Runbook: docs/operations.md#${name}`,
    metric,
    threshold,
    comparisonOperator: isBelow ? LESS_THAN_THRESHOLD : GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    evaluationPeriods: 1,
    treatMissingData: isSilenceBad ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
  });
}
