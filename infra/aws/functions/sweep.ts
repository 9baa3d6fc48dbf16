import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import type { FunctionBundle } from '../bundle-function.ts';
import { HeadlockFunction } from '../headlock-function.ts';
import { allowItems } from '../item-access.ts';
import { allowReadingTable, allowSendingToQueue } from '../key-access.ts';
import { RETRY_PLAN } from '../retry-plan.ts';
import { runOnSchedule } from '../run-on-schedule.ts';
import type { ServiceParts } from '../service-parts.ts';

/** Gives every guarded repository its turn now and then, so that a lost webhook costs minutes and no more (trust rule 5.2). */
export class SweepFunction extends HeadlockFunction {
  constructor(scope: Construct, bundle: FunctionBundle, { table, dataKey, sweepQueue }: ServiceParts) {
    super(scope, 'Sweep', 'sweep', {
      bundle,
      description: 'Gives every guarded repository its turn to be compared with its forge',
      timeout: RETRY_PLAN.timeouts.sweep,
      memoryMegabytes: 512,
      environment: {
        HEADLOCK_TABLE: table.tableName,
        HEADLOCK_SWEEP_QUEUE_URL: sweepQueue.queueUrl,
        HEADLOCK_SWEEP_SECONDS: String(RETRY_PLAN.sweep.period.toSeconds()),
      },
      permissions: [
        allowItems(table, ['Query'], ['repositories']),
        allowReadingTable(dataKey),
        new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [sweepQueue.queueArn] }),
        allowSendingToQueue(dataKey),
      ],
    });
    runOnSchedule(this, RETRY_PLAN.sweep.period, 'Headlock: the sweep');
  }
}
