import { Duration } from 'aws-cdk-lib';
import type { Alarm } from 'aws-cdk-lib/aws-cloudwatch';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { describeBranchQueue } from './branch-queue.ts';
import { nameInInstallation } from './configuration.ts';
import { createFaultAlarm } from './fault-alarm.ts';

export const VERIFY_TIMEOUT = Duration.seconds(120);

/** A message comes back on its own only where the function was cut off; a failure that it sees shortens this itself. */
const VISIBILITY_TIMEOUT = Duration.seconds(3 * VERIFY_TIMEOUT.toSeconds());

/** Deliveries of one hint before it is set aside; the sweep hints again anyway. */
const MAX_RECEIVES = 5;

/** Hints, one group a branch, and those that failed too often. */
export class DecisionQueue extends Construct {
  readonly queue: Queue;
  readonly deadLetters: Queue;
  readonly deadLetterAlarm: Alarm;

  constructor(scope: Construct, id: string, dataKey: IKey) {
    super(scope, id);
    const common = describeBranchQueue(dataKey);
    this.deadLetters = new Queue(this, 'DeadLetters', {
      ...common,
      queueName: nameInInstallation(this, 'decisions-dead-letters.fifo'),
      retentionPeriod: Duration.days(14),
    });
    this.queue = new Queue(this, 'Decisions', {
      ...common,
      queueName: nameInInstallation(this, 'decisions.fifo'),
      visibilityTimeout: VISIBILITY_TIMEOUT,
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: MAX_RECEIVES },
    });
    this.deadLetterAlarm = createFaultAlarm(
      this,
      'DeadLetterAlarm',
      'A branch could not be decided in several attempts. The log of the verify function says why.',
      this.deadLetters.metricApproximateNumberOfMessagesVisible({ period: Duration.minutes(1), statistic: 'Maximum' }),
    );
  }
}
