import { Duration } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction as LambdaTarget } from 'aws-cdk-lib/aws-events-targets';
import type { HeadlockFunction } from './headlock-function.ts';

/** How long Lambda keeps an event at most. */
const LONGEST_AGE = Duration.hours(6);

/**
 * Runs a function every `period`, and never again for the same event: the next run finds what a failed one did not. EventBridge
 * tries to hand an event over, and Lambda to have it done, twice more by itself; both are told not to.
 */
export function runOnSchedule(scheduled: HeadlockFunction, period: Duration, description: string): void {
  new Rule(scheduled, 'Schedule', {
    description,
    schedule: Schedule.rate(period),
    targets: [new LambdaTarget(scheduled.lambda, { retryAttempts: 0, maxEventAge: period })],
  });
  const maxEventAge = period.toSeconds() < LONGEST_AGE.toSeconds() ? period : LONGEST_AGE;
  scheduled.lambda.configureAsyncInvoke({ retryAttempts: 0, maxEventAge });
}
