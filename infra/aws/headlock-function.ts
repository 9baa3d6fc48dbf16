import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type { Alarm } from 'aws-cdk-lib/aws-cloudwatch';
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, Code, Function as LambdaFunction, LoggingFormat, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { FunctionBundle, FunctionName } from './bundle-function.ts';
import { createFaultAlarm } from './fault-alarm.ts';

export interface HeadlockFunctionProps {
  readonly bundle: FunctionBundle;
  readonly description: string;
  readonly timeout: Duration;
  /** Also sizes the processor: 1,769 MB is one whole one. */
  readonly memoryMegabytes: number;
  readonly environment: Readonly<Record<string, string>>;
  /** All that the function may do, besides writing its own log. */
  readonly permissions: readonly PolicyStatement[];
}

/** What all functions have in common: runtime, a log with an end, a role written by hand, an alarm. */
export class HeadlockFunction extends Construct {
  readonly lambda: LambdaFunction;
  readonly errorAlarm: Alarm;

  constructor(scope: Construct, id: string, name: FunctionName, props: HeadlockFunctionProps) {
    super(scope, id);
    const logGroup = new LogGroup(this, 'Logs', {
      retention: RetentionDays.THREE_MONTHS,
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
      environment: { ...props.environment, POWERTOOLS_SERVICE_NAME: name, POWERTOOLS_LOG_LEVEL: 'INFO' },
      role: this.createRole(logGroup, props),
      logGroup,
      loggingFormat: LoggingFormat.JSON,
    });
    this.errorAlarm = createFaultAlarm(
      this,
      'ErrorAlarm',
      `Headlock's ${name} function fails. Its log says why.`,
      this.lambda.metricErrors({ period: Duration.minutes(5) }),
    );
  }

  private createRole(logGroup: LogGroup, { description, permissions }: HeadlockFunctionProps): Role {
    const ownLog = new PolicyStatement({
      actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      resources: [logGroup.logGroupArn],
    });
    return new Role(this, 'Role', {
      description,
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      inlinePolicies: { Permissions: new PolicyDocument({ statements: [ownLog, ...permissions] }) },
    });
  }
}
