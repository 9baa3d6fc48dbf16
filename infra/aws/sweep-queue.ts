import { Validations } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { nameInInstallation } from './configuration.ts';
import { RETRY_PLAN } from './retry-plan.ts';

/** The turns of repositories in a sweep. Whatever waits for two sweeps is dropped: later ones ask the same. */
export class SweepQueue extends Construct {
  readonly queue: Queue;

  constructor(scope: Construct, id: string, dataKey: IKey) {
    super(scope, id);
    const { visibility, retention } = RETRY_PLAN.sweep;
    this.queue = new Queue(this, 'Turns', {
      queueName: nameInInstallation(this, 'sweep'),
      visibilityTimeout: visibility,
      retentionPeriod: retention,
      encryption: QueueEncryption.KMS,
      encryptionMasterKey: dataKey,
      enforceSSL: true,
    });
    Validations.of(this.queue).acknowledge({
      id: 'AwsSolutions::AwsSolutions-SQS3',
      reason:
        'The next sweep asks for the same again, so there is nothing to set aside; the alarm of the function tells of failures.',
    });
  }
}
