import { Duration } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction as LambdaTarget } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import type { FunctionBundle } from '../bundle-function.ts';
import { HeadlockFunction } from '../headlock-function.ts';
import { allowItems } from '../item-access.ts';
import { allowReadingTable, allowSendingToQueue } from '../key-access.ts';
import type { ServiceParts } from '../service-parts.ts';
import { SWEEP_PERIOD } from '../sweep-queue.ts';

/** Gives every guarded repository its turn now and then, so that a lost webhook costs minutes and no more (trust rule 5.2). */
export class SweepFunction extends HeadlockFunction {
  readonly silenceAlarm: Alarm;

  constructor(scope: Construct, bundle: FunctionBundle, { table, dataKey, sweepQueue }: ServiceParts) {
    super(scope, 'Sweep', 'sweep', {
      bundle,
      description: 'Gives every guarded repository its turn to be compared with its forge',
      timeout: Duration.seconds(60),
      memoryMegabytes: 512,
      environment: {
        HEADLOCK_TABLE: table.tableName,
        HEADLOCK_SWEEP_QUEUE_URL: sweepQueue.queueUrl,
        HEADLOCK_SWEEP_SECONDS: String(SWEEP_PERIOD.toSeconds()),
      },
      permissions: [
        allowItems(table, ['Query'], ['repositories']),
        allowReadingTable(dataKey),
        new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [sweepQueue.queueArn] }),
        allowSendingToQueue(dataKey),
      ],
    });
    new Rule(this, 'Schedule', {
      description: 'Headlock: the sweep',
      schedule: Schedule.rate(SWEEP_PERIOD),
      // The next sweep finds what a failed one did not: to repeat it would only pile up.
      targets: [new LambdaTarget(this.lambda, { retryAttempts: 0, maxEventAge: SWEEP_PERIOD })],
    });
    this.silenceAlarm = new Alarm(this, 'SilenceAlarm', {
      alarmDescription: 'The sweep does not run, so lost webhooks go unnoticed. See that its schedule is enabled.',
      metric: this.lambda.metricInvocations({ period: Duration.minutes(15) }),
      comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
      threshold: 1,
      evaluationPeriods: 1,
      treatMissingData: TreatMissingData.BREACHING,
    });
  }
}
