import { join } from 'node:path';
import { z } from 'zod';
import { createArn } from '../services/arn.ts';
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
  readonly functions: FunctionDefinition[];
  readonly routes: { readonly key: string; readonly functionArn: string }[];
  readonly mappings: { readonly queueArn: string; readonly functionArn: string; readonly batchSize: number }[];
  readonly schedules: { readonly arn: string; readonly functionArn: string; readonly milliseconds: number }[];
}

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
  // Powertools' service name is the function's folder in `functions/`: the name that people know.
  Environment: z.object({
    Variables: z.record(z.string(), z.string()).and(z.object({ POWERTOOLS_SERVICE_NAME: z.string() })),
  }),
});

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

/** How each type of resource is made on this machine. */
export const MAKERS: Readonly<Record<string, Maker>> = {
  'AWS::DynamoDB::Table': (properties, { resources, defaultName }) => {
    resources.tables.push({ ...properties, TableName: defaultName });
    return { Ref: defaultName, Arn: createArn('dynamodb', `table/${defaultName}`) };
  },
  'AWS::SQS::Queue': (properties, { services, defaultName }) => {
    const { url, arn } = services.createQueue({
      QueueName: properties.FifoQueue === true ? `${defaultName}.fifo` : defaultName,
      ...properties,
    });
    return { Ref: url, Arn: arn };
  },
  'AWS::SNS::Topic': (properties, { services, defaultName }) => {
    return { Ref: services.createTopic({ TopicName: defaultName, ...properties }).arn };
  },
  'AWS::KMS::Key': (properties, { services, defaultName }) => {
    const { keyId, arn } = services.createKey(defaultName, properties);
    return { Ref: keyId, Arn: arn };
  },
  'AWS::Lambda::Function': (properties, { resources, codeFolders }) => {
    const { Code, Handler, Environment, Timeout, MemorySize } = parseProperties('function', FUNCTION, properties);
    const name = Environment.Variables.POWERTOOLS_SERVICE_NAME;
    const arn = createArn('lambda', `function:${name}`);
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

/** What has no meaning on this machine: who may do what, and what the cloud logs and watches. */
export const IGNORED_TYPES =
  /^AWS::(ApiGatewayV2::Stage|CDK::Metadata|(CloudWatch|IAM|Logs)::\w+|KMS::Alias|Lambda::Permission|SNS::TopicPolicy|SQS::QueuePolicy)$/;
