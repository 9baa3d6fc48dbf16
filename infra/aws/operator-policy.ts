import { ArnFormat, Stack, Validations } from 'aws-cdk-lib';
import { ManagedPolicy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { readConfiguration } from './configuration.ts';
import { stackNamesOf } from './installation.ts';
import { allowItems } from './item-access.ts';
import {
  allowDescribingKeys,
  allowOpeningSecrets,
  allowReadingPublicKey,
  allowSealingSecrets,
  allowSendingToQueue,
  allowWritingTable,
} from './key-access.ts';
import type { ServiceParts } from './service-parts.ts';

/**
 * What `headlock apply`, `status`, `log`, `unlock`, `secret`, `token`, `redrive` and `doctor` need, for people's roles. Of
 * sealed secrets it opens only what forges are asked with, and it neither writes nor deletes a history (trust rule 5.4).
 */
export function createOperatorPolicy(scope: Construct, parts: ServiceParts): ManagedPolicy {
  const { table, dataKey, secretsKey, statementKey, queue, statusQueue, deadLetters } = parts;
  const policy = new ManagedPolicy(scope, 'OperatorPolicy', {
    description: "Headlock's operators: policies, unlocks, secrets and tokens",
    statements: [
      new PolicyStatement({
        actions: ['dynamodb:GetItem', 'dynamodb:BatchGetItem', 'dynamodb:Query'],
        resources: [table.tableArn],
      }),
      allowItems(
        table,
        ['PutItem'],
        ['policy', 'app', 'repositories', 'branch', 'tag', 'secret', 'secrets', 'token', 'tokens'],
      ),
      allowItems(table, ['DeleteItem'], ['app', 'repositories', 'secret', 'secrets']),
      allowWritingTable(dataKey),
      allowSealingSecrets(secretsKey, ['webhook', 'git', 'app', 'status', 'canary']),
      // `unlock` reads the commit that it anchors at from the forge (trust rule 5.3).
      allowOpeningSecrets(secretsKey, 'git', 'app'),
      // `status --public-key`.
      allowReadingPublicKey(statementKey),
      // `doctor`.
      allowDescribingKeys(dataKey, secretsKey, statementKey),
      new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [queue.queueArn, statusQueue.queueArn] }),
      // `redrive` looks at what failed too often, and has SQS move it back in the operator's name.
      new PolicyStatement({
        actions: [
          ...['sqs:GetQueueAttributes', 'sqs:ReceiveMessage', 'sqs:ChangeMessageVisibility', 'sqs:DeleteMessage'],
          ...['sqs:StartMessageMoveTask', 'sqs:ListMessageMoveTasks'],
        ],
        resources: deadLetters.map(({ queueArn }) => queueArn),
      }),
      // The commands find the installation by its stacks, and `doctor` looks at alarms and backups.
      new PolicyStatement({
        actions: ['cloudformation:DescribeStacks'],
        resources: Object.values(stackNamesOf(readConfiguration(scope).installation)).map((name) =>
          Stack.of(scope).formatArn({ service: 'cloudformation', resource: 'stack', resourceName: `${name}/*` }),
        ),
      }),
      new PolicyStatement({ actions: ['dynamodb:DescribeContinuousBackups'], resources: [table.tableArn] }),
      new PolicyStatement({
        actions: ['cloudwatch:DescribeAlarms'],
        resources: [
          Stack.of(scope).formatArn({
            service: 'cloudwatch',
            resource: 'alarm',
            resourceName: '*',
            arnFormat: ArnFormat.COLON_RESOURCE_NAME,
          }),
        ],
      }),
      allowSendingToQueue(dataKey),
    ],
  });
  const { state, service } = stackNamesOf(readConfiguration(scope).installation);
  const acknowledge = (resource: string, reason: string) =>
    Validations.of(policy).acknowledge({
      id: `AwsSolutions::AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:${resource}]`,
      reason,
    });
  for (const name of [state, service]) {
    const whole = 'The ARN of a stack ends with an id that it gets when it is made. It is described, and no more.';
    acknowledge(`cloudformation:<AWS::Region>:<AWS::AccountId>:stack/${name}/*`, whole);
  }
  acknowledge(
    'cloudwatch:<AWS::Region>:<AWS::AccountId>:alarm:*',
    'CloudWatch lets alarms be listed all or none. They are described, and no more.',
  );
  return policy;
}
