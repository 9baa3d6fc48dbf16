import { join } from 'node:path';
import { z } from 'zod';
import { parseProperties, type ResourceProperties } from '../services/resource-properties.ts';
import type { Services } from '../services/start-services.ts';
import type { EventSourceMapping } from './event-source.ts';
import { type HttpRoute, ROUTE_KEY } from './http-route.ts';
import type { FunctionDefinition, LambdaFunction } from './lambda-function.ts';
import { parseRate, type ScheduleRule } from './schedule.ts';

/** What `Ref` and `Fn::GetAtt` give of a resource. */
export interface Made {
  readonly ref: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** What of the template has to run, beside the resources that only have to be there. */
export interface Running {
  readonly functions: LambdaFunction[];
  readonly routes: HttpRoute<LambdaFunction>[];
  readonly mappings: EventSourceMapping[];
  readonly rules: ScheduleRule[];
}

/** What resources are made with. */
export interface Making {
  readonly services: Services;
  readonly running: Running;
  readonly createFunction: (definition: FunctionDefinition) => LambdaFunction;
  /** `<stack>-<logical id>`, for what the template does not name. */
  readonly defaultName: string;
  readonly codeFolders: Readonly<Record<string, string>>;
}

type Maker = (properties: ResourceProperties, making: Making) => Made | Promise<Made>;

const FUNCTION = z.object({
  FunctionName: z.undefined().optional(),
  Code: z.object({ S3Key: z.string() }),
  Handler: z.string().regex(/^\w+\.\w+$/),
  Runtime: z.literal('nodejs24.x'),
  Timeout: z.coerce.number().default(3),
  MemorySize: z.coerce.number().default(128),
  Environment: z.object({ Variables: z.record(z.string(), z.string()) }).default({ Variables: {} }),
});

const INTEGRATION = z.object({
  IntegrationType: z.literal('AWS_PROXY'),
  PayloadFormatVersion: z.literal('2.0'),
  IntegrationUri: z.string(),
});

const ROUTE = z.object({ RouteKey: z.string().regex(ROUTE_KEY), Target: z.string().startsWith('integrations/') });

const MAPPING = z.object({
  EventSourceArn: z.string().startsWith('arn:aws:sqs:'),
  FunctionName: z.string(),
  BatchSize: z.coerce.number().int().min(1).max(10).default(10),
  FunctionResponseTypes: z.array(z.literal('ReportBatchItemFailures')).default([]),
  Enabled: z.literal(true).default(true),
  FilterCriteria: z.undefined().optional(),
});

const RULE = z.object({
  ScheduleExpression: z.string().transform(parseRate).pipe(z.number('only a rate, as rate(5 minutes), runs here')),
  State: z.literal('ENABLED').default('ENABLED'),
  Targets: z.tuple([z.object({ Arn: z.string(), Input: z.undefined().optional() })]),
});

/** How each type of resource is made on this machine. */
export const MAKERS: Readonly<Record<string, Maker>> = {
  'AWS::DynamoDB::Table': async (properties, { services, defaultName }) => {
    const { name, arn } = await services.createTable({ TableName: defaultName, ...properties });
    return { ref: name, attributes: { Arn: arn } };
  },
  'AWS::SQS::Queue': (properties, { services, defaultName }) => {
    const { url, arn, name } = services.createQueue({ QueueName: `${defaultName}.fifo`, ...properties });
    return { ref: url, attributes: { Arn: arn, QueueName: name } };
  },
  'AWS::SNS::Topic': (properties, { services, defaultName }) => {
    const { arn } = services.createTopic({ TopicName: defaultName, ...properties });
    return { ref: arn, attributes: { TopicArn: arn } };
  },
  'AWS::KMS::Key': (properties, { services, defaultName }) => {
    const { keyId, arn } = services.createKey(defaultName, properties);
    return { ref: keyId, attributes: { Arn: arn, KeyId: keyId } };
  },
  'AWS::Lambda::Function': (properties, making) => {
    const { name, arn } = makeFunction(properties, making);
    return { ref: name, attributes: { Arn: arn } };
  },
  'AWS::ApiGatewayV2::Api': () => ({ ref: 'local', attributes: {} }),
  // A route's target names its integration: here that name is the function's.
  'AWS::ApiGatewayV2::Integration': (properties) => {
    return { ref: parseProperties('integration', INTEGRATION, properties).IntegrationUri, attributes: {} };
  },
  'AWS::ApiGatewayV2::Route': (properties, { running, defaultName }) => {
    const { RouteKey, Target } = parseProperties('route', ROUTE, properties);
    running.routes.push({ key: RouteKey, target: findFunction(running, Target) });
    return { ref: defaultName, attributes: {} };
  },
  'AWS::Lambda::EventSourceMapping': (properties, { services, running, defaultName }) => {
    const mapping = parseProperties('event source mapping', MAPPING, properties);
    running.mappings.push({
      queueUrl: `${services.endpoint}/${services.accountId}/${mapping.EventSourceArn.split(':').at(-1)}`,
      queueArn: mapping.EventSourceArn,
      target: findFunction(running, mapping.FunctionName),
      batchSize: mapping.BatchSize,
      reportsItemFailures: mapping.FunctionResponseTypes.length > 0,
    });
    return { ref: defaultName, attributes: {} };
  },
  'AWS::Events::Rule': (properties, { services, running, defaultName }) => {
    const { ScheduleExpression: milliseconds, Targets } = parseProperties('schedule', RULE, properties);
    const arn = `arn:aws:events:${services.region}:${services.accountId}:rule/${defaultName}`;
    running.rules.push({ arn, milliseconds, target: findFunction(running, Targets[0].Arn) });
    return { ref: defaultName, attributes: { Arn: arn } };
  },
};

/** What has no meaning on this machine: who may do what, and what the cloud logs and watches. */
export const IGNORED_TYPES: ReadonlySet<string> = new Set([
  'AWS::ApiGatewayV2::Stage',
  'AWS::CDK::Metadata',
  'AWS::CloudWatch::Alarm',
  'AWS::CloudWatch::Dashboard',
  'AWS::IAM::ManagedPolicy',
  'AWS::IAM::Policy',
  'AWS::IAM::Role',
  'AWS::KMS::Alias',
  'AWS::Lambda::Permission',
  'AWS::Logs::LogGroup',
  'AWS::SNS::TopicPolicy',
  'AWS::SQS::QueuePolicy',
]);

function makeFunction(properties: ResourceProperties, making: Making): LambdaFunction {
  const { services, running, codeFolders } = making;
  const parsed = parseProperties('function', FUNCTION, properties);
  const environment = parsed.Environment.Variables;
  // Powertools' service name is the function's folder in `functions/`: the name that people know.
  const { POWERTOOLS_SERVICE_NAME: name = making.defaultName } = environment;
  const [file = '', exportName = ''] = parsed.Handler.split('.');
  const created = making.createFunction({
    name,
    arn: `arn:aws:lambda:${services.region}:${services.accountId}:function:${name}`,
    file: join(codeFolders[parsed.Code.S3Key] ?? '', `${file}.mjs`),
    exportName,
    environment,
    timeoutSeconds: parsed.Timeout,
    memoryMegabytes: parsed.MemorySize,
  });
  running.functions.push(created);
  return created;
}

/** By name or ARN. The template's references see to it that the function was made before. */
function findFunction({ functions }: Running, reference: string): LambdaFunction {
  const found = functions.find(({ name, arn }) => reference === name || reference.endsWith(arn));
  if (found === undefined) throw new Error(`${reference} is no function of this template.`);
  return found;
}
