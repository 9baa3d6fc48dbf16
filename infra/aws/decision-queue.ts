import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { describeBranchQueue } from './branch-queue.ts';
import { nameInInstallation } from './configuration.ts';
import { RETRY_PLAN } from './retry-plan.ts';

/** Hints, one group a branch, and those that failed too often. */
export class DecisionQueue extends Construct {
  readonly queue: Queue;
  readonly deadLetters: Queue;

  constructor(scope: Construct, id: string, dataKey: IKey) {
    super(scope, id);
    const common = describeBranchQueue(dataKey);
    const { visibility, maxReceives, retention, deadLetterRetention } = RETRY_PLAN.decisions;
    this.deadLetters = new Queue(this, 'DeadLetters', {
      ...common,
      queueName: nameInInstallation(this, 'decisions-dead-letters.fifo'),
      retentionPeriod: deadLetterRetention,
    });
    this.queue = new Queue(this, 'Decisions', {
      ...common,
      queueName: nameInInstallation(this, 'decisions.fifo'),
      visibilityTimeout: visibility,
      retentionPeriod: retention,
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: maxReceives },
    });
  }
}
