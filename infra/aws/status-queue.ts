import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { describeBranchQueue } from './branch-queue.ts';
import { nameInInstallation } from './configuration.ts';
import { RETRY_PLAN } from './retry-plan.ts';

/**
 * Commits of which the forge is to be told, one group a branch. It is apart from decisions, which never wait for a forge's
 * API (trust rule 5.5). A status is best effort, nothing rests on it, and the next `apply` tells all anew: its dead letters stay
 * for whoever looks why a forge was not told.
 */
export class StatusQueue extends Construct {
  readonly queue: Queue;
  readonly deadLetters: Queue;

  constructor(scope: Construct, id: string, dataKey: IKey) {
    super(scope, id);
    const common = describeBranchQueue(dataKey);
    const { visibility, maxReceives, retention, deadLetterRetention } = RETRY_PLAN.statuses;
    this.deadLetters = new Queue(this, 'DeadLetters', {
      ...common,
      queueName: nameInInstallation(this, 'statuses-dead-letters.fifo'),
      retentionPeriod: deadLetterRetention,
    });
    this.queue = new Queue(this, 'Statuses', {
      ...common,
      queueName: nameInInstallation(this, 'statuses.fifo'),
      visibilityTimeout: visibility,
      retentionPeriod: retention,
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: maxReceives },
    });
  }
}
