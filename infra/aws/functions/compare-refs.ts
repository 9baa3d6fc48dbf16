import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { EventSourceMapping } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import type { FunctionBundle } from '../bundle-function.ts';
import { HeadlockFunction } from '../headlock-function.ts';
import { allowItems } from '../item-access.ts';
import { allowOpeningSecrets, allowReceivingFromQueue, allowSendingToQueue, allowWritingTable } from '../key-access.ts';
import { nameCanary } from '../name-canary.ts';
import { RETRY_PLAN } from '../retry-plan.ts';
import type { ServiceParts } from '../service-parts.ts';

/** Compares what forges list with what is recorded. It writes only how to get along with a forge, and decides nothing (trust rule 5.2). */
export class CompareRefsFunction extends HeadlockFunction {
  constructor(
    scope: Construct,
    bundle: FunctionBundle,
    { table, dataKey, secretsKey, queue, sweepQueue, network }: ServiceParts,
  ) {
    super(scope, 'CompareRefs', 'compare-refs', {
      bundle,
      description: 'Compares what forges list with what is recorded, for what no webhook told',
      timeout: RETRY_PLAN.timeouts['compare-refs'],
      memoryMegabytes: 512,
      network,
      environment: { ...nameCanary(scope), HEADLOCK_TABLE: table.tableName, HEADLOCK_QUEUE_URL: queue.queueUrl },
      permissions: [
        allowItems(table, ['GetItem'], ['policy', 'secret', 'tag', 'contact']),
        // The chunks of a keyring.
        allowItems(table, ['BatchGetItem'], ['policy']),
        allowItems(table, ['Query'], ['branch', 'tag']),
        allowItems(table, ['PutItem', 'DeleteItem'], ['contact']),
        allowWritingTable(dataKey),
        allowOpeningSecrets(secretsKey, 'git', 'app'),
        new PolicyStatement({
          actions: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'],
          resources: [sweepQueue.queueArn],
        }),
        allowReceivingFromQueue(dataKey),
        new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [queue.queueArn] }),
        allowSendingToQueue(dataKey),
      ],
    });
    new EventSourceMapping(this, 'Turns', {
      target: this.lambda,
      eventSourceArn: sweepQueue.queueArn,
      batchSize: RETRY_PLAN.sweep.batchSize,
      maxConcurrency: RETRY_PLAN.sweep.maxConcurrency,
    });
  }
}
