import { Duration } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { EventSourceMapping, RecursiveLoop } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import type { FunctionBundle } from '../bundle-function.ts';
import { HeadlockFunction } from '../headlock-function.ts';
import { allowItems } from '../item-access.ts';
import {
  allowOpeningSecrets,
  allowPublishingToTopic,
  allowReadingPublicKey,
  allowReceivingFromQueue,
  allowSendingToQueue,
  allowSigningStatements,
  allowWritingTable,
} from '../key-access.ts';
import { nameCanary } from '../name-canary.ts';
import { RETRY_PLAN } from '../retry-plan.ts';
import type { ServiceParts } from '../service-parts.ts';

/** How long a statement counts; at half of that another one takes its place (trust rule 6.2). */
const STATEMENT_LIFE = Duration.hours(24);

/** Fetches, judges, decides and records. Of all functions it alone writes branches. */
export class VerifyFunction extends HeadlockFunction {
  constructor(
    scope: Construct,
    bundle: FunctionBundle,
    { table, dataKey, secretsKey, statementKey, queue, statusQueue, topic, network }: ServiceParts,
  ) {
    super(scope, 'Verify', 'verify', {
      bundle,
      description: 'Fetches new commits, judges them and records what is trusted',
      timeout: RETRY_PLAN.timeouts.verify,
      // One whole processor, and room for a pack and its commits.
      memoryMegabytes: 1769,
      network,
      // The steps of a long range, and of many tags, hint at one another (trust rule 4.7). After sixteen Lambda would take them for
      // a loop and set the hint aside; they end by themselves, since each works on what the one before left.
      recursiveLoop: RecursiveLoop.ALLOW,
      environment: {
        ...nameCanary(scope),
        HEADLOCK_TABLE: table.tableName,
        HEADLOCK_QUEUE_URL: queue.queueUrl,
        HEADLOCK_STATUS_QUEUE_URL: statusQueue.queueUrl,
        HEADLOCK_TOPIC_ARN: topic.topicArn,
        HEADLOCK_RECHECK_SECONDS: '120',
        HEADLOCK_STATEMENT_KEY_ARN: statementKey.keyArn,
        HEADLOCK_STATEMENT_SECONDS: String(STATEMENT_LIFE.toSeconds()),
      },
      permissions: [
        allowItems(
          table,
          ['GetItem'],
          ['policy', 'secret', 'branch', 'tag', 'history', 'seen', 'ancestors', 'verdict'],
        ),
        // The chunks of a keyring.
        allowItems(table, ['BatchGetItem'], ['policy']),
        allowItems(table, ['Query'], ['tag', 'history', 'seen', 'ancestors']),
        allowItems(table, ['PutItem'], ['branch', 'statement', 'tag', 'history', 'seen', 'ancestors']),
        allowItems(table, ['BatchWriteItem'], ['verdict']),
        // An index of former ancestors can be made again.
        allowItems(table, ['DeleteItem'], ['ancestors']),
        allowWritingTable(dataKey),
        allowOpeningSecrets(secretsKey, 'git', 'app'),
        allowSigningStatements(statementKey),
        // Its signatures are checked, and named by it.
        allowReadingPublicKey(statementKey),
        new PolicyStatement({ actions: ['sns:Publish'], resources: [topic.topicArn] }),
        allowPublishingToTopic(dataKey),
        new PolicyStatement({
          actions: [
            ...['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:ChangeMessageVisibility', 'sqs:GetQueueAttributes'],
            'sqs:SendMessage',
          ],
          resources: [queue.queueArn],
        }),
        new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [statusQueue.queueArn] }),
        allowReceivingFromQueue(dataKey),
        allowSendingToQueue(dataKey),
      ],
    });
    new EventSourceMapping(this, 'Decisions', {
      target: this.lambda,
      eventSourceArn: queue.queueArn,
      batchSize: RETRY_PLAN.decisions.batchSize,
      reportBatchItemFailures: true,
      maxConcurrency: RETRY_PLAN.decisions.maxConcurrency,
    });
  }
}
