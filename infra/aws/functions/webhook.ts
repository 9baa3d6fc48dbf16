import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import type { FunctionBundle } from '../bundle-function.ts';
import { HeadlockFunction } from '../headlock-function.ts';
import { allowItems } from '../item-access.ts';
import { allowOpeningSecrets, allowReadingTable, allowSendingToQueue } from '../key-access.ts';
import { RETRY_PLAN } from '../retry-plan.ts';
import type { ServiceParts } from '../service-parts.ts';

/** Authenticates deliveries of the forges. It may read policies and webhook secrets, and queue hints: it decides nothing (trust rule 5.2). */
export class WebhookFunction extends HeadlockFunction {
  constructor(scope: Construct, bundle: FunctionBundle, { table, dataKey, secretsKey, queue }: ServiceParts) {
    super(scope, 'Webhook', 'webhook', {
      bundle,
      description: 'Authenticates webhooks and queues what branch to look at',
      timeout: RETRY_PLAN.timeouts.webhook,
      memoryMegabytes: 512,
      environment: { HEADLOCK_TABLE: table.tableName, HEADLOCK_QUEUE_URL: queue.queueUrl },
      permissions: [
        allowItems(table, ['GetItem'], ['policy', 'secret', 'app']),
        allowItems(table, ['Query'], ['app']),
        allowReadingTable(dataKey),
        allowOpeningSecrets(secretsKey, 'webhook'),
        new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [queue.queueArn] }),
        allowSendingToQueue(dataKey),
      ],
    });
  }
}
