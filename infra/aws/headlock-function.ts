import { type Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  Architecture,
  type CfnFunction,
  Code,
  Function as LambdaFunction,
  LoggingFormat,
  type RecursiveLoop,
  Runtime,
  SystemLogLevel,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { FunctionBundle } from './bundle-function.ts';
import { readConfiguration } from './configuration.ts';
import type { FunctionName } from './function-names.ts';
import type { Network } from './network.ts';
import { metricNamespaceOf } from './service-metric.ts';

export interface HeadlockFunctionProps {
  readonly bundle: FunctionBundle;
  readonly description: string;
  readonly timeout: Duration;
  /** Also sizes the processor: 1,769 MB is one whole one. */
  readonly memoryMegabytes: number;
  readonly environment: Readonly<Record<string, string>>;
  /** All that the function may do, besides writing its own log. */
  readonly permissions: readonly PolicyStatement[];
  /** Which of its own lines Lambda adds to the log; it says when each request began and ended, unless less is asked for. */
  readonly systemLogLevel?: SystemLogLevel;
  /** Of a function that calls forges. */
  readonly network?: Network;
  /** Of a function that sends hints to the queue that it is fed from. */
  readonly recursiveLoop?: RecursiveLoop;
}

const WHY_ANY_INTERFACE =
  'Lambda makes the network interfaces of a VPC by this role, and EC2 names none of them beforehand.';
const WHY_ANY_TRACE = 'X-Ray takes what Lambda records, and has no resources that could be named.';

/** What all functions have in common: runtime, a log with an end, a role written by hand. */
export class HeadlockFunction extends Construct {
  readonly lambda: LambdaFunction;

  constructor(scope: Construct, id: string, name: FunctionName, props: HeadlockFunctionProps) {
    super(scope, id);
    const { logRetentionDays, reservedConcurrency, tracing } = readConfiguration(this);
    const reserved = reservedConcurrency[name];
    const logGroup = new LogGroup(this, 'Logs', {
      retention: logRetentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.lambda = new LambdaFunction(this, 'Function', {
      description: props.description,
      code: Code.fromAsset(props.bundle.folder),
      handler: 'handler.handler',
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      timeout: props.timeout,
      memorySize: props.memoryMegabytes,
      environment: {
        ...props.environment,
        ...proxyEnvironmentOf(props.network),
        POWERTOOLS_SERVICE_NAME: name,
        POWERTOOLS_LOG_LEVEL: 'INFO',
        POWERTOOLS_METRICS_NAMESPACE: metricNamespaceOf(this),
      },
      ...(reserved !== undefined && { reservedConcurrentExecutions: reserved }),
      role: this.createRole(logGroup, props, tracing),
      logGroup,
      loggingFormat: LoggingFormat.JSON,
      systemLogLevelV2: props.systemLogLevel ?? SystemLogLevel.INFO,
      ...(props.recursiveLoop !== undefined && { recursiveLoop: props.recursiveLoop }),
    });
    if (props.network?.vpc != null) this.attach(props.network.vpc);
    if (tracing) (this.lambda.node.defaultChild as CfnFunction).tracingConfig = { mode: 'Active' };
    const reasons = [...(props.network?.vpc == null ? [] : [WHY_ANY_INTERFACE]), ...(tracing ? [WHY_ANY_TRACE] : [])];
    if (reasons.length > 0) {
      const id = 'AwsSolutions::AwsSolutions-IAM5[Resource::*]';
      Validations.of(this.lambda.role as Role).acknowledge({ id, reason: reasons.join(' ') });
    }
  }

  /** The subnets and groups are given by their ids, so that synthesis asks no account about them. */
  private attach({ subnetIds, securityGroupIds }: NonNullable<Network['vpc']>): void {
    const resource = this.lambda.node.defaultChild as CfnFunction;
    resource.vpcConfig = { subnetIds: [...subnetIds], securityGroupIds: [...securityGroupIds] };
  }

  private createRole(
    logGroup: LogGroup,
    { description, permissions, network }: HeadlockFunctionProps,
    tracing: boolean,
  ): Role {
    const ownLog = new PolicyStatement({
      actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      resources: [logGroup.logGroupArn],
    });
    return new Role(this, 'Role', {
      description,
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      inlinePolicies: {
        Permissions: new PolicyDocument({
          statements: [ownLog, ...permissions, ...networkPermissionsOf(network), ...(tracing ? [allowTracing()] : [])],
        }),
      },
    });
  }
}

function proxyEnvironmentOf(network: Network | undefined): Record<string, string> {
  const { httpsProxy = null, noProxy = null } = network ?? {};
  return {
    ...(httpsProxy === null ? {} : { HTTPS_PROXY: httpsProxy }),
    ...(noProxy === null ? {} : { NO_PROXY: noProxy }),
  };
}

function allowTracing(): PolicyStatement {
  return new PolicyStatement({ actions: ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'], resources: ['*'] });
}

/** What the Lambda documentation asks of a role in a VPC. */
function networkPermissionsOf(network: Network | undefined): readonly PolicyStatement[] {
  if (network?.vpc == null) return [];
  const actions = ['CreateNetworkInterface', 'DescribeNetworkInterfaces', 'DescribeSubnets', 'DeleteNetworkInterface'];
  const addresses = ['AssignPrivateIpAddresses', 'UnassignPrivateIpAddresses'];
  return [
    new PolicyStatement({ actions: [...actions, ...addresses].map((action) => `ec2:${action}`), resources: ['*'] }),
  ];
}
