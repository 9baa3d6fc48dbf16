import { ManagedPolicy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { allowItems } from './item-access.ts';
import {
  allowOpeningSecrets,
  allowPublishingToTopic,
  allowSealingSecrets,
  allowSendingToQueue,
  allowWritingTable,
} from './key-access.ts';
import type { ServiceParts } from './service-parts.ts';

/**
 * What `headlock apply`, `status`, `log`, `unlock`, `secret` and `token` need, for people's roles. It lets nobody open
 * a sealed secret, and takes nothing out of a history (trust rule 5.4).
 */
export function createOperatorPolicy(scope: Construct, parts: ServiceParts): ManagedPolicy {
  const { table, dataKey, secretsKey, queue, topic } = parts;
  return new ManagedPolicy(scope, 'OperatorPolicy', {
    description: "Headlock's operators: policies, unlocks, secrets and tokens",
    statements: [
      new PolicyStatement({
        actions: ['dynamodb:GetItem', 'dynamodb:BatchGetItem', 'dynamodb:Query', 'dynamodb:Scan'],
        resources: [table.tableArn],
      }),
      allowItems(
        table,
        ['PutItem'],
        ['policy', 'app', 'repositories', 'branch', 'tag', 'history', 'secret', 'secrets', 'token', 'tokens'],
      ),
      allowItems(table, ['DeleteItem'], ['app', 'repositories', 'secret', 'secrets']),
      allowWritingTable(dataKey),
      allowSealingSecrets(secretsKey, ['webhook', 'git', 'app', 'status', 'canary']),
      // `unlock` reads the commit that it anchors at from the forge (trust rule 5.3).
      allowOpeningSecrets(secretsKey, 'git', 'app'),
      new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [queue.queueArn] }),
      allowSendingToQueue(dataKey),
      new PolicyStatement({ actions: ['sns:Publish'], resources: [topic.topicArn] }),
      allowPublishingToTopic(dataKey),
    ],
  });
}
