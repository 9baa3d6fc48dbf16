import { Duration } from 'aws-cdk-lib';
import { type Alarm, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import { serviceMetric } from '../service-metric.ts';
import { createAlarm } from './create-alarm.ts';

const { SUM, MAXIMUM, MINIMUM } = Stats;

/** Three turns of the sweep, which writes the gauges. */
const GAUGE_PERIOD = Duration.minutes(15);

/** Statements live for 24 hours and are issued anew at half of that (trust rule 6.2): this one was not. */
const STATEMENT_AGE = Duration.hours(18);

/** What becomes of branches, their keys and statements. */
export function createBranchAlarms(scope: Construct): readonly Alarm[] {
  return [
    createAlarm(scope, 'branch-locked', {
      meaning: 'A branch is held at its last trusted revision: locked or compromised.',
      metric: serviceMetric(scope, 'headlock_branch_locked', 'compare-refs', MAXIMUM, GAUGE_PERIOD),
    }),
    createAlarm(scope, 'verification-failures', {
      meaning: 'New commits could not be verified.',
      metric: serviceMetric(scope, 'headlock_commit_verification_failures_total', 'verify', SUM, Duration.minutes(5)),
    }),
    createAlarm(scope, 'sweep-repairs', {
      meaning: 'The sweep found pushes of which no webhook told, three or more in six hours: webhooks get lost.',
      metric: serviceMetric(scope, 'headlock_sweep_repairs_total', 'verify', SUM, Duration.hours(6)),
      threshold: 3,
    }),
    ...[30, 7, 1].map((days) =>
      createAlarm(scope, `key-expiring-${days}-${days === 1 ? 'day' : 'days'}`, {
        meaning: `A signing key of the policy ends within ${days === 1 ? 'a day' : `${days} days`}.`,
        metric: serviceMetric(scope, 'headlock_key_expiry_days', 'compare-refs', MINIMUM, GAUGE_PERIOD),
        // Below, and not at, so that a day that begins counts.
        threshold: days,
        isBelow: true,
      }),
    ),
    createAlarm(scope, 'statement-expiring', {
      meaning: 'A signed statement was not issued anew in time; agents refuse it when it expires.',
      metric: serviceMetric(scope, 'headlock_statement_age_seconds', 'compare-refs', MAXIMUM, GAUGE_PERIOD),
      threshold: STATEMENT_AGE.toSeconds(),
    }),
  ];
}
