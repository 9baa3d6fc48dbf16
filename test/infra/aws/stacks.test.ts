import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { synthesizeForTests } from './synthesized-stacks.ts';

const stacks = synthesizeForTests();

/** The properties of all resources of a type, by logical id without its hash. */
function propertiesOf(stack: 'state' | 'service', type: string): ReadonlyMap<string, Record<string, unknown>> {
  const resources = Object.entries(stacks()[stack].findResources(type));
  return new Map(resources.map(([id, resource]) => [id.replace(/[0-9A-F]{8}$/, ''), resource.Properties]));
}

describe('functions', () => {
  const functions = () =>
    new Map(
      [...propertiesOf('service', 'AWS::Lambda::Function')].map(([id, properties]) => [
        id.replace(/Function$/, ''),
        properties,
      ]),
    );

  it('are the six, and the CDK adds none of its own', () => {
    expect([...functions().keys()].sort()).toEqual([
      'CommitStatus',
      'CompareRefs',
      'Sweep',
      'TrustedRevision',
      'Verify',
      'Webhook',
    ]);
  });

  it('run on nodejs24.x, arm64, for 120 seconds at most', () => {
    for (const {
      Runtime: runtime,
      Architectures: architectures,
      Timeout: timeout,
      Handler: handler,
    } of functions().values()) {
      expect({ runtime, architectures, handler }).toEqual({
        runtime: 'nodejs24.x',
        architectures: ['arm64'],
        handler: 'handler.handler',
      });
      expect(timeout).toBeLessThanOrEqual(120);
    }
    expect(functions().get('Verify')?.Timeout).toBe(120);
  });

  it('get the environment that their handlers read, and no more', () => {
    const names = [...functions()].map(([id, { Environment: environment }]) => {
      const { Variables: variables } = environment as { Variables: Record<string, unknown> };
      return [id, Object.keys(variables).sort().join(' ')];
    });
    const logging = 'POWERTOOLS_LOG_LEVEL POWERTOOLS_METRICS_NAMESPACE POWERTOOLS_SERVICE_NAME';
    expect(Object.fromEntries(names)).toEqual({
      Webhook: `HEADLOCK_QUEUE_URL HEADLOCK_TABLE ${logging}`,
      Verify: `HEADLOCK_QUEUE_URL HEADLOCK_RECHECK_SECONDS HEADLOCK_STATEMENT_KEY_ARN HEADLOCK_STATEMENT_SECONDS HEADLOCK_STATUS_QUEUE_URL HEADLOCK_TABLE HEADLOCK_TOPIC_ARN ${logging}`,
      Sweep: `HEADLOCK_SWEEP_QUEUE_URL HEADLOCK_SWEEP_SECONDS HEADLOCK_TABLE ${logging}`,
      CompareRefs: `HEADLOCK_QUEUE_URL HEADLOCK_TABLE ${logging}`,
      CommitStatus: `HEADLOCK_STATUS_QUEUE_URL HEADLOCK_TABLE ${logging}`,
      TrustedRevision: `HEADLOCK_POLL_AFTER_SECONDS HEADLOCK_TABLE ${logging}`,
    });
  });

  it('keep their logs for a while, not for ever', () => {
    const logs = [...propertiesOf('service', 'AWS::Logs::LogGroup').values()];
    expect(logs.map(({ RetentionInDays: days }) => days)).toEqual([90, 90, 90, 90, 90, 90, 30]);
  });
});

describe('queue', () => {
  const queues = () => propertiesOf('service', 'AWS::SQS::Queue');

  it('is first in, first out in each branch, and encrypted with our key, as are its dead letters', () => {
    for (const [id, queue] of queues()) {
      expect(JSON.stringify(queue.KmsMasterKeyId)).toContain('DataKey');
      if (id === 'SweepQueueTurns') continue;
      expect(queue).toMatchObject({
        FifoQueue: true,
        DeduplicationScope: 'messageGroup',
        FifoThroughputLimit: 'perMessageGroupId',
      });
    }
    expect(queues().get('DecisionQueueDecisions')?.QueueName).toBe('headlock-decisions.fifo');
  });

  // Trust rule 5.2: a repository has its turn as often as there are sweeps, and a failed one waits for the next.
  it('drops the turns of a sweep that nobody took before the next but one', () => {
    const {
      FifoQueue: isFifo,
      VisibilityTimeout: hidden,
      MessageRetentionPeriod: kept,
    } = queues().get('SweepQueueTurns') ?? {};
    expect({ isFifo, hidden, kept }).toEqual({ isFifo: undefined, hidden: 300, kept: 600 });
    const compare = propertiesOf('service', 'AWS::Lambda::Function').get('CompareRefsFunction');
    expect(hidden).toBeGreaterThan(Number(compare?.Timeout));
    stacks().service.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      BatchSize: 1,
      ScalingConfig: { MaximumConcurrency: 5 },
      EventSourceArn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^SweepQueueTurns'), 'Arn'] },
      FunctionName: { Ref: Match.stringLikeRegexp('^CompareRefsFunction') },
    });
  });

  it('hides a message for three whole runs of verify', () => {
    const verify = propertiesOf('service', 'AWS::Lambda::Function').get('VerifyFunction');
    const visibility = queues().get('DecisionQueueDecisions')?.VisibilityTimeout;
    expect(visibility).toBeGreaterThanOrEqual(3 * Number(verify?.Timeout));
  });

  it('hides a status for three whole calls of its function, and sets it aside after ten', () => {
    const { service } = stacks();
    const told = propertiesOf('service', 'AWS::Lambda::Function').get('CommitStatusFunction');
    const queue = queues().get('StatusQueueStatuses');
    expect(queue?.VisibilityTimeout).toBeGreaterThanOrEqual(3 * Number(told?.Timeout));
    expect(queue?.RedrivePolicy).toMatchObject({ maxReceiveCount: 10 });
    const [deadLetters] = Object.keys(
      service.findResources('AWS::SQS::Queue', { Properties: { QueueName: 'headlock-statuses-dead-letters.fifo' } }),
    );
    expect(queue?.RedrivePolicy).toMatchObject({ deadLetterTargetArn: { 'Fn::GetAtt': [deadLetters, 'Arn'] } });
  });

  it('sets aside what failed five times, where an alarm sees it', () => {
    const { service } = stacks();
    const [deadLetters] = Object.keys(
      service.findResources('AWS::SQS::Queue', { Properties: { MessageRetentionPeriod: 1_209_600 } }),
    );
    service.hasResourceProperties('AWS::SQS::Queue', {
      QueueName: 'headlock-decisions.fifo',
      RedrivePolicy: { deadLetterTargetArn: { 'Fn::GetAtt': [deadLetters, 'Arn'] }, maxReceiveCount: 5 },
    });
    service.hasResourceProperties('AWS::CloudWatch::Alarm', {
      MetricName: 'ApproximateNumberOfMessagesVisible',
      Dimensions: [{ Name: 'QueueName', Value: { 'Fn::GetAtt': [deadLetters, 'QueueName'] } }],
      Threshold: 1,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
    });
  });

  it('feeds verify and commit-status one message at a time, failures reported one by one', () => {
    stacks().service.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      BatchSize: 1,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      EventSourceArn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^DecisionQueueDecisions'), 'Arn'] },
      FunctionName: { Ref: Match.stringLikeRegexp('^VerifyFunction') },
    });
    stacks().service.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      BatchSize: 1,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      EventSourceArn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^StatusQueueStatuses'), 'Arn'] },
      FunctionName: { Ref: Match.stringLikeRegexp('^CommitStatusFunction') },
    });
    stacks().service.resourceCountIs('AWS::Lambda::EventSourceMapping', 3);
  });
});

describe('alarms', () => {
  it('may publish to the encrypted topic: topic and key say so', () => {
    const fromAccount = {
      Principal: { Service: 'cloudwatch.amazonaws.com' },
      Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
    };
    stacks().service.hasResourceProperties('AWS::SNS::TopicPolicy', {
      PolicyDocument: { Statement: Match.arrayWith([Match.objectLike({ ...fromAccount, Action: 'sns:Publish' })]) },
    });
    stacks().state.hasResourceProperties('AWS::KMS::Key', {
      KeyPolicy: {
        Statement: Match.arrayWith([
          Match.objectLike({ ...fromAccount, Action: ['kms:Decrypt', 'kms:GenerateDataKey'] }),
        ]),
      },
    });
  });
});

describe('state', () => {
  const retained = { DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' };

  it('is one table: on demand, recoverable, protected, retained, encrypted with our key', () => {
    stacks().state.resourceCountIs('AWS::DynamoDB::Table', 1);
    stacks().state.hasResource('AWS::DynamoDB::Table', {
      ...retained,
      Properties: {
        KeySchema: [
          { AttributeName: 'pk', KeyType: 'HASH' },
          { AttributeName: 'sk', KeyType: 'RANGE' },
        ],
        BillingMode: 'PAY_PER_REQUEST',
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        DeletionProtectionEnabled: true,
        SSESpecification: {
          SSEType: 'KMS',
          KMSMasterKeyId: { 'Fn::GetAtt': [Match.stringLikeRegexp('^DataKey'), 'Arn'] },
        },
      },
    });
  });

  it('keeps three keys, retained, each with an alias, and rotates those that KMS can rotate', () => {
    stacks().state.allResources('AWS::KMS::Key', retained);
    const keys = [...propertiesOf('state', 'AWS::KMS::Key')].map(([id, properties]) => {
      const { KeySpec: spec, KeyUsage: usage, EnableKeyRotation: isRotated } = properties;
      return [id, spec, usage, isRotated];
    });
    expect(keys).toEqual([
      ['DataKey', undefined, undefined, true],
      ['SecretsKey', undefined, undefined, true],
      ['StatementKey', 'ECC_NIST_P256', 'SIGN_VERIFY', undefined],
    ]);
    const aliases = [...propertiesOf('state', 'AWS::KMS::Alias').values()].map(({ AliasName: name }) => name);
    expect(aliases).toEqual(['alias/headlock/data', 'alias/headlock/secrets', 'alias/headlock/statements']);
  });

  // Trust rule 7.1.
  it.each(['secret', 'purpose'])('lets nobody seal or open a secret without headlock:%s in its context', (name) => {
    stacks().state.hasResourceProperties('AWS::KMS::Key', {
      KeyPolicy: {
        Statement: Match.arrayWith([
          {
            Effect: 'Deny',
            Principal: { AWS: '*' },
            Action: ['kms:Decrypt', 'kms:Encrypt', 'kms:GenerateDataKey*', 'kms:ReEncrypt*'],
            Resource: '*',
            Condition: { Null: { [`kms:EncryptionContext:headlock:${name}`]: 'true' } },
          },
        ]),
      },
    });
  });
});

describe('outside', () => {
  it('is these routes, each to its function', () => {
    const { service } = stacks();
    const integrations = service.findResources('AWS::ApiGatewayV2::Integration');
    const routes = Object.values(service.findResources('AWS::ApiGatewayV2::Route')).map(({ Properties: route }) => {
      const integration = integrations[route.Target['Fn::Join'][1][1].Ref]?.Properties;
      expect(integration).toMatchObject({ IntegrationType: 'AWS_PROXY', PayloadFormatVersion: '2.0' });
      return `${route.RouteKey} → ${integration.IntegrationUri['Fn::GetAtt'][0].replace(/Function[0-9A-F]{8}$/, '')}`;
    });
    expect(routes.sort()).toEqual([
      'GET /healthz → TrustedRevision',
      'GET /openapi.json → TrustedRevision',
      'GET /v1/repositories → TrustedRevision',
      'GET /v1/repositories/{repository}/commits/{oid} → TrustedRevision',
      'GET /v1/repositories/{repository}/events → TrustedRevision',
      'GET /v1/repositories/{repository}/trusted-revision → TrustedRevision',
      'GET /v1/repositories/{repository}/trusted-revision/attestation → TrustedRevision',
      'POST /webhooks/{source} → Webhook',
    ]);
  });

  it('logs neither headers nor queries, where tokens and signatures travel', () => {
    const [stage] = propertiesOf('service', 'AWS::ApiGatewayV2::Stage').values();
    const { Format: format } = stage?.AccessLogSettings as { Format: string };
    expect(
      Object.values(JSON.parse(format)).filter((value) => /header|query|authorizer|request\./i.test(String(value))),
    ).toEqual([]);
  });

  it('sweeps every five minutes', () => {
    stacks().service.hasResourceProperties('AWS::Events::Rule', {
      ScheduleExpression: 'rate(5 minutes)',
      State: 'ENABLED',
      Targets: [Match.objectLike({ Arn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^SweepFunction'), 'Arn'] } })],
    });
  });

  it('prints what operators and tools look for', () => {
    expect(Object.keys(stacks().service.toJSON().Outputs)).toEqual([
      'TableName',
      'QueueUrl',
      'DecisionsDeadLettersUrl',
      'StatusesDeadLettersUrl',
      'TopicArn',
      'DashboardUrl',
      'DataKeyArn',
      'SecretsKeyArn',
      'StatementKeyArn',
      'ApiUrl',
      'WebhookUrl',
      'OperatorPolicyArn',
    ]);
  });

  it('is not bound to an account, a region or a machine', () => {
    const text = JSON.stringify([stacks().state.toJSON(), stacks().service.toJSON()]);
    expect(text).not.toMatch(/\b\d{12}\b|\b(?:us|eu|ap)-[a-z]+-\d\b/);
    expect(text).not.toContain(import.meta.dirname.split('/').slice(0, -3).join('/'));
  });
});
