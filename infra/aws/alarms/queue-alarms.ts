import { Duration } from 'aws-cdk-lib';
import { type Alarm, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { RETRY_PLAN } from '../retry-plan.ts';
import { createAlarm } from './create-alarm.ts';

const PERIOD = { period: Duration.minutes(1), statistic: Stats.MAXIMUM };

export interface WatchedQueues {
  readonly decisions: IQueue;
  readonly decisionsDeadLetters: IQueue;
  readonly statuses: IQueue;
  readonly statusesDeadLetters: IQueue;
  readonly turns: IQueue;
}

/** What waits too long, and what was set aside. */
export function createQueueAlarms(scope: Construct, queues: WatchedQueues): readonly Alarm[] {
  const ageOf = (queue: IQueue) => queue.metricApproximateAgeOfOldestMessage(PERIOD);
  const waitingIn = (queue: IQueue) => queue.metricApproximateNumberOfMessagesVisible(PERIOD);
  return [
    createAlarm(scope, 'decision-dead-letters', {
      meaning: 'A branch could not be decided in several attempts. The log of the verify function says why.',
      metric: waitingIn(queues.decisionsDeadLetters),
    }),
    createAlarm(scope, 'decision-delay', {
      meaning: 'A hint waits for its decision for a quarter of an hour: branches do not advance.',
      metric: ageOf(queues.decisions),
      threshold: Duration.minutes(15).toSeconds(),
    }),
    createAlarm(scope, 'status-dead-letters', {
      meaning: 'A forge could not be told what was decided of a commit. Nothing rests on that.',
      metric: waitingIn(queues.statusesDeadLetters),
    }),
    createAlarm(scope, 'status-delay', {
      meaning: 'A forge has not been told of a commit for an hour. Nothing rests on that.',
      metric: ageOf(queues.statuses),
      threshold: Duration.hours(1).toSeconds(),
    }),
    createAlarm(scope, 'sweep-delay', {
      meaning: 'The sweep does not keep up, so lost webhooks go unnoticed. The log of compare-refs says why.',
      metric: ageOf(queues.turns),
      threshold: 1.5 * RETRY_PLAN.sweep.period.toSeconds(),
    }),
  ];
}
