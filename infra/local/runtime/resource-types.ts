import { join } from 'node:path';
import { z } from 'zod';
import type { AccessRules } from '../iam/access-control.ts';
import type { EncryptedResource } from '../iam/key-use.ts';
import { parseIdentityPolicy, parseResourcePolicy, type Statement } from '../iam/policy-document.ts';
import { OPERATOR } from '../iam/principals.ts';
import { ACCOUNT_ID, createArn } from '../services/arn.ts';
import { parseProperties, type ResourceProperties } from '../services/resource-properties.ts';
import type { Services } from '../services/start-services.ts';
import type { Stack } from './assembly.ts';
import { ROUTE_KEY } from './http-gateway.ts';
import type { FunctionDefinition } from './lambda-function.ts';
import { parseRate } from './schedule.ts';

/** What `Fn::GetAtt` gives of a resource, and `Ref`, under that name. */
export type Attributes = Readonly<Record<string, string>>;

/** What was read from the stacks, beside the resources that services keep. Functions are named by their ARN. */
export interface Resources {
  readonly tables: ResourceProperties[];
  /** By the role's ARN. */
  readonly roles: Map<string, readonly Statement[]>;
  readonly principals: Principal[];
  readonly resourcePolicies: ResourcePolicy[];
  readonly encrypted: EncryptedResource[];
  readonly logs: { readonly functionName: string; readonly logGroup: string }[];
  readonly functions: FunctionDefinition[];
  readonly routes: { readonly key: string; readonly functionArn: string }[];
  readonly mappings: { readonly queueArn: string; readonly functionArn: string; readonly batchSize: number }[];
  readonly schedules: { readonly arn: string; readonly functionArn: string; readonly milliseconds: number }[];
}

type Principal = AccessRules['principals'][number];
type ResourcePolicy = AccessRules['resourcePolicies'][number];

/** What resources are made with. */
export interface Making {
  readonly services: Services;
  readonly resources: Resources;
  /** `<stack>-<logical id>`, for what the template does not name. */
  readonly defaultName: string;
  readonly codeFolders: Stack['codeFolders'];
}

type Maker = (properties: ResourceProperties, making: Making) => Attributes;

const FUNCTION = z.object({
  Code: z.object({ S3Key: z.string() }),
  Handler: z.string().regex(/^\w+\.\w+$/),
  Runtime: z.literal('nodejs24.x'),
  Timeout: z.number(),
  MemorySize: z.number(),
  Role: z.string(),
  LoggingConfig: z.object({ LogGroup: z.string() }).optional(),
  // Powertools' service name is the function's folder in `functions/`: the name that people know.
  Environment: z.object({
    Variables: z.record(z.string(), z.string()).and(z.object({ POWERTOOLS_SERVICE_NAME: z.string() })),
  }),
});

const TABLE = z.object({ SSESpecification: z.object({ KMSMasterKeyId: z.string().optional() }).optional() });

const INTEGRATION = z.object({
  IntegrationType: z.literal('AWS_PROXY'),
  PayloadFormatVersion: z.literal('2.0'),
  IntegrationUri: z.string(),
});

const ROUTE = z.object({ RouteKey: z.string().regex(ROUTE_KEY), Target: z.string() });

const MAPPING = z.object({
  EventSourceArn: z.string().startsWith('arn:aws:sqs:'),
  FunctionName: z.string(),
  BatchSize: z.int().min(1).max(10),
  FunctionResponseTypes: z.tuple([z.literal('ReportBatchItemFailures')]).optional(),
  Enabled: z.literal(true).optional(),
  FilterCriteria: z.undefined().optional(),
});

const RULE = z.object({
  ScheduleExpression: z.string().transform(parseRate).pipe(z.number('only a rate, as rate(5 minutes), runs here')),
  State: z.literal('ENABLED'),
  Targets: z.tuple([z.object({ Arn: z.string(), Input: z.undefined().optional() })]),
});

const DOCUMENT = z.record(z.string(), z.unknown());

const ROLE = z.object({
  Policies: z.array(z.object({ PolicyDocument: DOCUMENT })).default([]),
  ManagedPolicyArns: z.undefined().optional(),
  PermissionsBoundary: z.undefined().optional(),
});

/** @param keyArn - of the key that encrypts it; absent where AWS's own does */
function noteEncryption(resources: Resources, arn: string, keyArn: unknown): void {
  if (keyArn !== undefined) resources.encrypted.push({ arn, keyArn: String(keyArn) });
}

function noteResourcePolicies(resources: Resources, document: unknown, arns: readonly string[]): void {
  const statements = parseResourcePolicy(DOCUMENT.parse(document));
  for (const arn of arns) resources.resourcePolicies.push({ arn, statements });
}

const NAMES = z.array(z.string());

/** How each type of resource is made on this machine. */
export const MAKERS: Readonly<Record<string, Maker>> = {
  'AWS::DynamoDB::Table': (properties, { resources, defaultName }) => {
    resources.tables.push({ ...properties, TableName: defaultName });
    const arn = createArn('dynamodb', `table/${defaultName}`);
    const { SSESpecification: encryption } = parseProperties('table', TABLE, properties);
    noteEncryption(resources, arn, encryption?.KMSMasterKeyId);
    return { Ref: defaultName, Arn: arn };
  },
  'AWS::SQS::Queue': (properties, { services, resources, defaultName }) => {
    const { url, arn } = services.createQueue({
      QueueName: properties.FifoQueue === true ? `${defaultName}.fifo` : defaultName,
      ...properties,
    });
    noteEncryption(resources, arn, properties.KmsMasterKeyId);
    return { Ref: url, Arn: arn };
  },
  'AWS::SQS::QueuePolicy': (properties, { resources, defaultName }) => {
    const urls = NAMES.parse(properties.Queues);
    noteResourcePolicies(
      resources,
      properties.PolicyDocument,
      urls.map((url) => createArn('sqs', url.split('/').at(-1) ?? '')),
    );
    return { Ref: defaultName };
  },
  'AWS::SNS::Topic': (properties, { services, resources, defaultName }) => {
    const { arn } = services.createTopic({ TopicName: defaultName, ...properties });
    noteEncryption(resources, arn, properties.KmsMasterKeyId);
    return { Ref: arn };
  },
  'AWS::SNS::TopicPolicy': (properties, { resources, defaultName }) => {
    noteResourcePolicies(resources, properties.PolicyDocument, NAMES.parse(properties.Topics));
    return { Ref: defaultName };
  },
  'AWS::KMS::Key': (properties, { services, resources, defaultName }) => {
    const { keyId, arn } = services.createKey(defaultName, properties);
    noteResourcePolicies(resources, properties.KeyPolicy, [arn]);
    return { Ref: keyId, Arn: arn };
  },
  'AWS::IAM::Role': (properties, { resources, defaultName }) => {
    const { Policies: policies } = parseProperties('role', ROLE, properties);
    const arn = `arn:aws:iam::${ACCOUNT_ID}:role/${defaultName}`;
    resources.roles.set(
      arn,
      policies.flatMap(({ PolicyDocument: document }) => parseIdentityPolicy(document)),
    );
    return { Ref: defaultName, Arn: arn };
  },
  // There is one in the stacks: that of the operators.
  'AWS::IAM::ManagedPolicy': (properties, { resources, defaultName }) => {
    const statements = parseIdentityPolicy(DOCUMENT.parse(properties.PolicyDocument));
    resources.principals.push({ name: OPERATOR, arn: `arn:aws:iam::${ACCOUNT_ID}:user/${OPERATOR}`, statements });
    return { Ref: `arn:aws:iam::${ACCOUNT_ID}:policy/${defaultName}` };
  },
  'AWS::Logs::LogGroup': (_, { defaultName }) => {
    return { Ref: defaultName, Arn: createArn('logs', `log-group:${defaultName}:*`) };
  },
  'AWS::Lambda::Function': (properties, { resources, codeFolders }) => {
    const definition = parseProperties('function', FUNCTION, properties);
    const { Code, Handler, Environment, Timeout, MemorySize, Role: role, LoggingConfig: logging } = definition;
    const name = Environment.Variables.POWERTOOLS_SERVICE_NAME;
    const arn = createArn('lambda', `function:${name}`);
    resources.principals.push({ name, arn: role, statements: resources.roles.get(role) ?? [] });
    const [file, exportName = ''] = Handler.split('.');
    resources.functions.push({
      name,
      arn,
      file: join(codeFolders.get(Code.S3Key) ?? '', `${file}.mjs`),
      exportName,
      environment: Environment.Variables,
      timeoutSeconds: Timeout,
      memoryMegabytes: MemorySize,
    });
    if (logging !== undefined) resources.logs.push({ functionName: name, logGroup: logging.LogGroup });
    // Whatever takes a function's name takes its ARN as well.
    return { Ref: arn, Arn: arn };
  },
  'AWS::ApiGatewayV2::Api': () => ({ Ref: 'local' }),
  // A route's target names its integration: here that name is the function's.
  'AWS::ApiGatewayV2::Integration': (properties) => {
    return { Ref: parseProperties('integration', INTEGRATION, properties).IntegrationUri };
  },
  'AWS::ApiGatewayV2::Route': (properties, { resources, defaultName }) => {
    const { RouteKey: key, Target } = parseProperties('route', ROUTE, properties);
    resources.routes.push({ key, functionArn: Target.replace('integrations/', '') });
    return { Ref: defaultName };
  },
  'AWS::Lambda::EventSourceMapping': (properties, { resources, defaultName }) => {
    const mapping = parseProperties('event source mapping', MAPPING, properties);
    const { EventSourceArn: queueArn, FunctionName: functionArn, BatchSize: batchSize } = mapping;
    resources.mappings.push({ queueArn, functionArn, batchSize });
    return { Ref: defaultName };
  },
  'AWS::Events::Rule': (properties, { resources, defaultName }) => {
    const { ScheduleExpression: milliseconds, Targets } = parseProperties('schedule', RULE, properties);
    const arn = createArn('events', `rule/${defaultName}`);
    resources.schedules.push({ arn, functionArn: Targets[0].Arn, milliseconds });
    return { Ref: defaultName, Arn: arn };
  },
};

/** What has no meaning on this machine: what the cloud watches, who may call a function, and how often it tries again. */
export const IGNORED_TYPES =
  /^AWS::(ApiGatewayV2::Stage|CDK::Metadata|CloudWatch::\w+|KMS::Alias|Lambda::EventInvokeConfig|Lambda::Permission|Logs::MetricFilter)$/;
