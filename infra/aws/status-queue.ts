import { Duration } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { describeBranchQueue } from './branch-queue.ts';
import { nameInInstallation } from './configuration.ts';

export const COMMIT_STATUS_TIMEOUT = Duration.seconds(60);

/** Some minutes of a forge that is down, at a minute at most between two attempts, or as long as it asks for. */
const MAX_RECEIVES = 10;

/**
 * Commits of which the forge is to be told, one group a branch. It is apart from decisions, which never wait for a forge's
 * API (trust rule 5.5). Nobody is woken by its dead letters: a status is best effort, nothing rests on it, and the next
 * `apply` tells all anew. They stay for whoever looks why a forge was not told.
 */
export class StatusQueue extends Construct {
  readonly queue: Queue;
  readonly deadLetters: Queue;

  constructor(scope: Construct, id: string, dataKey: IKey) {
    super(scope, id);
    const common = describeBranchQueue(dataKey);
    this.deadLetters = new Queue(this, 'DeadLetters', {
      ...common,
      queueName: nameInInstallation(this, 'statuses-dead-letters.fifo'),
      retentionPeriod: Duration.days(7),
    });
    this.queue = new Queue(this, 'Statuses', {
      ...common,
      queueName: nameInInstallation(this, 'statuses.fifo'),
      // A message comes back on its own only where the function was cut off.
      visibilityTimeout: Duration.seconds(3 * COMMIT_STATUS_TIMEOUT.toSeconds()),
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: MAX_RECEIVES },
    });
  }
}
