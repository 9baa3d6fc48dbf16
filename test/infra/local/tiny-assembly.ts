import { mkdir, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';

/**
 * A cloud assembly in the form of CDK's, with one resource of each kind: a table and a key in one stack, and in the other
 * a queue that feeds `work`, a schedule that calls `tick`, an HTTP API in front of `api`, and a topic.
 */
export async function writeTinyAssembly(
  folder: string,
  change: (stacks: TinyStacks) => void = () => {},
): Promise<void> {
  const stacks: TinyStacks = { State: createStateStack(), Service: createServiceStack() };
  change(stacks);
  const assets = { files: { code: { source: { path: relative(folder, CODE), packaging: 'zip' } } } };
  await mkdir(folder, { recursive: true });
  for (const [name, template] of Object.entries(stacks)) {
    await writeFile(join(folder, `${name}.template.json`), JSON.stringify(template));
    await writeFile(join(folder, `${name}.assets.json`), JSON.stringify(assets));
  }
}

export interface TinyTemplate {
  readonly Resources: Record<string, { Type: string; Properties: Record<string, unknown> }>;
  readonly Outputs: Record<string, { Value: unknown; Export?: { Name: string } }>;
}

export interface TinyStacks {
  readonly State: TinyTemplate;
  readonly Service: TinyTemplate;
}

const CODE = join(import.meta.dirname, 'tiny-functions');

function createStateStack(): TinyTemplate {
  return {
    Resources: {
      Key: { Type: 'AWS::KMS::Key', Properties: { KeyPolicy: policy(allow(['kms:*'], '*', ACCOUNT)) } },
      Alias: { Type: 'AWS::KMS::Alias', Properties: { AliasName: 'alias/tiny', TargetKeyId: attribute('Key', 'Arn') } },
      Table: {
        Type: 'AWS::DynamoDB::Table',
        Properties: {
          AttributeDefinitions: ['pk', 'sk'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
          KeySchema: [
            { AttributeName: 'pk', KeyType: 'HASH' },
            { AttributeName: 'sk', KeyType: 'RANGE' },
          ],
          SSESpecification: { SSEEnabled: true, KMSMasterKeyId: attribute('Key', 'Arn') },
        },
      },
    },
    Outputs: {
      ExportTable: { Value: { Ref: 'Table' }, Export: { Name: 'State:Table' } },
      ExportTableArn: { Value: attribute('Table', 'Arn'), Export: { Name: 'State:TableArn' } },
      ExportKey: { Value: attribute('Key', 'Arn'), Export: { Name: 'State:Key' } },
    },
  };
}

function createServiceStack(): TinyTemplate {
  const table = { 'Fn::ImportValue': 'State:Table' };
  return {
    Resources: {
      // Before what it refers to, as templates may have it.
      Mapping: {
        Type: 'AWS::Lambda::EventSourceMapping',
        Properties: {
          BatchSize: 1,
          EventSourceArn: attribute('Queue', 'Arn'),
          FunctionName: { Ref: 'Work' },
          FunctionResponseTypes: ['ReportBatchItemFailures'],
        },
      },
      Queue: {
        Type: 'AWS::SQS::Queue',
        Properties: {
          QueueName: 'tiny.fifo',
          FifoQueue: true,
          VisibilityTimeout: 2,
          RedrivePolicy: { deadLetterTargetArn: attribute('DeadLetters', 'Arn'), maxReceiveCount: 3 },
        },
      },
      DeadLetters: { Type: 'AWS::SQS::Queue', Properties: { FifoQueue: true } },
      Topic: { Type: 'AWS::SNS::Topic', Properties: { DisplayName: 'Tiny' } },
      Api: { Type: 'AWS::ApiGatewayV2::Api', Properties: { Name: 'tiny', ProtocolType: 'HTTP' } },
      Integration: {
        Type: 'AWS::ApiGatewayV2::Integration',
        Properties: {
          ApiId: { Ref: 'Api' },
          IntegrationType: 'AWS_PROXY',
          IntegrationUri: attribute('Answer', 'Arn'),
          PayloadFormatVersion: '2.0',
        },
      },
      Environment: createRoute('GET /environment'),
      Webhook: createRoute('POST /webhooks/{source}'),
      Schedule: {
        Type: 'AWS::Events::Rule',
        Properties: {
          ScheduleExpression: 'rate(5 minutes)',
          State: 'ENABLED',
          Targets: [{ Arn: attribute('Tick', 'Arn'), Id: 'Target0' }],
        },
      },
      AnswerRole: createRole(allow(['sqs:SendMessage'], attribute('Queue', 'Arn'))),
      WorkRole: createRole(
        allow(['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'], attribute('Queue', 'Arn')),
        allow(['dynamodb:PutItem'], { 'Fn::ImportValue': 'State:TableArn' }),
        allow(['kms:*'], { 'Fn::ImportValue': 'State:Key' }),
        allow(['sns:Publish'], { Ref: 'Topic' }),
      ),
      TickRole: createRole(allow(['sqs:SendMessage'], attribute('Queue', 'Arn'))),
      Answer: createFunction('api', 'AnswerRole', { TABLE: table, QUEUE_URL: { Ref: 'Queue' } }),
      Work: createFunction('work', 'WorkRole', { TABLE: table, TOPIC_ARN: { Ref: 'Topic' } }),
      Tick: createFunction('tick', 'TickRole', { QUEUE_URL: { Ref: 'Queue' } }),
      Operators: {
        Type: 'AWS::IAM::ManagedPolicy',
        Properties: {
          PolicyDocument: policy(
            allow(['dynamodb:*'], { 'Fn::ImportValue': 'State:TableArn' }),
            allow(['kms:*'], { 'Fn::ImportValue': 'State:Key' }),
            allow(['sqs:*'], attribute('Queue', 'Arn')),
            allow(['sqs:*'], attribute('DeadLetters', 'Arn')),
          ),
        },
      },
    },
    Outputs: {
      TableName: { Value: table },
      QueueUrl: { Value: { Ref: 'Queue' } },
      DecisionsDeadLettersUrl: { Value: { Ref: 'DeadLetters' } },
      StatusesDeadLettersUrl: { Value: { Ref: 'DeadLetters' } },
      TopicArn: { Value: { Ref: 'Topic' } },
      SecretsKeyArn: { Value: { 'Fn::ImportValue': 'State:Key' } },
      StatementKeyArn: { Value: { 'Fn::ImportValue': 'State:Key' } },
    },
  };
}

function attribute(logicalId: string, name: string): object {
  return { 'Fn::GetAtt': [logicalId, name] };
}

function createRoute(key: string): { Type: string; Properties: Record<string, unknown> } {
  const target = { 'Fn::Join': ['', ['integrations/', { Ref: 'Integration' }]] };
  return { Type: 'AWS::ApiGatewayV2::Route', Properties: { ApiId: { Ref: 'Api' }, RouteKey: key, Target: target } };
}

const ACCOUNT = { Principal: { AWS: { 'Fn::Join': ['', ['arn:aws:iam::', { Ref: 'AWS::AccountId' }, ':root']] } } };

function allow(actions: readonly string[], resource: string | object, more: object = {}): object {
  return { Effect: 'Allow', Action: actions, Resource: resource, ...more };
}

function policy(...statements: readonly object[]): object {
  return { Version: '2012-10-17', Statement: statements };
}

function createRole(...statements: readonly object[]): { Type: string; Properties: Record<string, unknown> } {
  const policies = [{ PolicyName: 'Permissions', PolicyDocument: policy(...statements) }];
  // Who may take on the role has no meaning here: it is not even read.
  return {
    Type: 'AWS::IAM::Role',
    Properties: { AssumeRolePolicyDocument: { 'Fn::Unknown': [] }, Policies: policies },
  };
}

function createFunction(
  name: string,
  role: string,
  environment: object,
): { Type: string; Properties: Record<string, unknown> } {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: CloudFormation writes references so.
  const bucket = { 'Fn::Sub': 'assets-${AWS::AccountId}-${AWS::Region}' };
  return {
    Type: 'AWS::Lambda::Function',
    Properties: {
      Code: { S3Bucket: bucket, S3Key: 'code.zip' },
      Handler: `handler.${name}`,
      Runtime: 'nodejs24.x',
      Timeout: 20,
      MemorySize: 256,
      Role: attribute(role, 'Arn'),
      Environment: { Variables: { ...environment, POWERTOOLS_SERVICE_NAME: name } },
    },
  };
}
