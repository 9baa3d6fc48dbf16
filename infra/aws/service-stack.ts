import { CfnOutput, Stack } from 'aws-cdk-lib';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { Alarms, SERVER_ERRORS, type Watched } from './alarms/alarms.ts';
import { AlertTopic } from './alert-topic.ts';
import type { FunctionBundle } from './bundle-function.ts';
import { readConfiguration } from './configuration.ts';
import { ServiceDashboard } from './dashboard.ts';
import { DecisionQueue } from './decision-queue.ts';
import type { FunctionName } from './function-names.ts';
import { CanaryFunction } from './functions/canary.ts';
import { CommitStatusFunction } from './functions/commit-status.ts';
import { CompareRefsFunction } from './functions/compare-refs.ts';
import { SweepFunction } from './functions/sweep.ts';
import { TrustedRevisionFunction } from './functions/trusted-revision.ts';
import { VerifyFunction } from './functions/verify.ts';
import { WebhookFunction } from './functions/webhook.ts';
import { createOperatorPolicy } from './operator-policy.ts';
import { PublicApi } from './public-api.ts';
import type { ServiceParts } from './service-parts.ts';
import type { StateStack } from './state-stack.ts';
import { StatusQueue } from './status-queue.ts';
import { SweepQueue } from './sweep-queue.ts';

/** Everything that holds no state of its own: it can be deleted and made again. */
export class ServiceStack extends Stack {
  constructor(
    scope: Construct,
    id: string,
    { table, dataKey, secretsKey, statementKey }: StateStack,
    bundles: Readonly<Record<FunctionName, FunctionBundle>>,
  ) {
    super(scope, id, { description: 'Headlock: functions, queue, alerts and HTTP API' });
    const decisions = new DecisionQueue(this, 'DecisionQueue', dataKey);
    const alerts = new AlertTopic(this, 'AlertTopic', dataKey);
    const statuses = new StatusQueue(this, 'StatusQueue', dataKey);
    const turns = new SweepQueue(this, 'SweepQueue', dataKey);
    const parts: ServiceParts = {
      table,
      dataKey,
      secretsKey,
      statementKey,
      queue: decisions.queue,
      statusQueue: statuses.queue,
      deadLetters: [decisions.deadLetters, statuses.deadLetters],
      sweepQueue: turns.queue,
      topic: alerts.topic,
      network: readConfiguration(this).network,
    };

    const webhook = new WebhookFunction(this, bundles.webhook, parts);
    const verify = new VerifyFunction(this, bundles.verify, parts);
    const sweep = new SweepFunction(this, bundles.sweep, parts);
    const compareRefs = new CompareRefsFunction(this, bundles['compare-refs'], parts);
    const commitStatus = new CommitStatusFunction(this, bundles['commit-status'], parts);
    const trustedRevision = new TrustedRevisionFunction(this, bundles['trusted-revision'], parts);
    const { canary: settings } = readConfiguration(this);
    const canary = settings === null ? null : new CanaryFunction(this, bundles.canary, parts, settings);
    const api = new PublicApi(this, 'PublicApi', webhook.lambda, trustedRevision.lambda);
    const functions = new Map<FunctionName, LambdaFunction>([
      ['webhook', webhook.lambda],
      ['verify', verify.lambda],
      ['sweep', sweep.lambda],
      ['compare-refs', compareRefs.lambda],
      ['commit-status', commitStatus.lambda],
      ['trusted-revision', trustedRevision.lambda],
      ...(canary === null ? [] : [['canary', canary.lambda] as const]),
    ]);
    const watched: Watched = {
      topic: alerts.topic,
      functions,
      table,
      queues: {
        decisions: decisions.queue,
        decisionsDeadLetters: decisions.deadLetters,
        statuses: statuses.queue,
        statusesDeadLetters: statuses.deadLetters,
        turns: turns.queue,
      },
      serverErrors: api.stage.metricServerError(SERVER_ERRORS),
      throttled: api.throttled,
    };
    const dashboard = new ServiceDashboard(this, 'Dashboard', {
      ...watched,
      alarms: new Alarms(this, 'Alarms', watched),
      requests: [api.stage.metricCount(SERVER_ERRORS), api.stage.metricClientError(SERVER_ERRORS)],
      sweepLogGroup: compareRefs.lambda.logGroup.logGroupName,
    });

    this.print('TableName', table.tableName, 'The table of all state');
    this.print('QueueUrl', parts.queue.queueUrl, 'Where hints are queued');
    this.print(
      'DecisionsDeadLettersUrl',
      decisions.deadLetters.queueUrl,
      'Hints of branches that could not be decided',
    );
    this.print('StatusesDeadLettersUrl', statuses.deadLetters.queueUrl, 'What forges could not be told of');
    this.print('TopicArn', parts.topic.topicArn, 'Subscribe here to alerts');
    this.print('DashboardUrl', dashboard.url, 'Shows what happens, and every alarm');
    this.print('DataKeyArn', dataKey.keyArn, 'Encrypts the table, the queues and the topic');
    this.print('SecretsKeyArn', secretsKey.keyArn, 'Seals credentials');
    this.print('StatementKeyArn', statementKey.keyArn, 'Signs statements about trusted revisions');
    this.print('ApiUrl', api.url, 'Agents poll here');
    this.print('WebhookUrl', `${api.url}webhooks/`, 'Webhooks go to <WebhookUrl><repository or app>');
    this.print(
      'OperatorPolicyArn',
      createOperatorPolicy(this, parts).managedPolicyArn,
      'Attach this to the roles of operators',
    );
  }

  private print(name: string, value: string, description: string): void {
    new CfnOutput(this, name, { value, description });
  }
}
