import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { EventSourceMapping } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import type { FunctionBundle } from '../bundle-function.ts';
import { HeadlockFunction } from '../headlock-function.ts';
import { allowItems } from '../item-access.ts';
import { allowOpeningSecrets, allowReadingTable, allowReceivingFromQueue } from '../key-access.ts';
import { RETRY_PLAN } from '../retry-plan.ts';
import type { ServiceParts } from '../service-parts.ts';

/** Tells forges what was decided. It writes nothing of ours, so nothing that a forge answers comes to count (trust rule 5.5). */
export class CommitStatusFunction extends HeadlockFunction {
  constructor(
    scope: Construct,
    bundle: FunctionBundle,
    { table, dataKey, secretsKey, statusQueue, network }: ServiceParts,
  ) {
    super(scope, 'CommitStatus', 'commit-status', {
      bundle,
      description: 'Tells forges what was decided of commits',
      timeout: RETRY_PLAN.timeouts['commit-status'],
      memoryMegabytes: 512,
      network,
      environment: { HEADLOCK_TABLE: table.tableName, HEADLOCK_STATUS_QUEUE_URL: statusQueue.queueUrl },
      permissions: [
        allowItems(table, ['GetItem'], ['policy', 'branch', 'secret']),
        allowReadingTable(dataKey),
        allowOpeningSecrets(secretsKey, 'status', 'git', 'app'),
        new PolicyStatement({
          actions: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:ChangeMessageVisibility', 'sqs:GetQueueAttributes'],
          resources: [statusQueue.queueArn],
        }),
        allowReceivingFromQueue(dataKey),
      ],
    });
    new EventSourceMapping(this, 'Statuses', {
      target: this.lambda,
      eventSourceArn: statusQueue.queueArn,
      batchSize: RETRY_PLAN.statuses.batchSize,
      reportBatchItemFailures: true,
      maxConcurrency: RETRY_PLAN.statuses.maxConcurrency,
    });
  }
}
