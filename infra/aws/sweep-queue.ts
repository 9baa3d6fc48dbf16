import { Duration, Validations } from 'aws-cdk-lib';
import { type Alarm, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { nameInInstallation } from './configuration.ts';
import { RETRY_PLAN } from './retry-plan.ts';

/** The turns of repositories in a sweep. Whatever waits for two sweeps is dropped: later ones ask the same. */
export class SweepQueue extends Construct {
  readonly queue: Queue;
  readonly delayAlarm: Alarm;

  constructor(scope: Construct, id: string, dataKey: IKey) {
    super(scope, id);
    const { period, visibility, retention } = RETRY_PLAN.sweep;
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
    this.delayAlarm = this.queue
      .metricApproximateAgeOfOldestMessage({ period: Duration.minutes(1), statistic: Stats.MAXIMUM })
      .createAlarm(this, 'DelayAlarm', {
        alarmDescription:
          'The sweep does not keep up, so lost webhooks go unnoticed. The log of compare-refs says why.',
        threshold: 1.5 * period.toSeconds(),
        evaluationPeriods: 1,
        treatMissingData: TreatMissingData.NOT_BREACHING,
      });
  }
}
