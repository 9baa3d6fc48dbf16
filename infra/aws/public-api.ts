import { RemovalPolicy, Validations } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import { type CfnStage, HttpApi, HttpMethod, HttpStage, LogGroupLogDestination } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { type Configuration, readConfiguration, type Throttle } from './configuration.ts';

interface OpenRoute {
  readonly method: HttpMethod;
  readonly path: string;
  readonly integration: HttpLambdaIntegration;
  /** Why no authorizer of API Gateway stands before it. */
  readonly whyOpen: string;
  /** Of its own; that of the other routes where there is none. */
  readonly throttle?: Throttle;
}

/**
 * The HTTP API. Who calls is proven by the functions themselves: forges by HMAC over raw bytes, agents by token.
 *
 * Webhooks and polls have throttles of their own, so that agents cannot keep forges out. One API serves both: a second
 * one would share the quota of the account and the region all the same.
 */
export class PublicApi extends Construct {
  readonly url: string;
  readonly stage: HttpStage;

  constructor(scope: Construct, id: string, webhook: IFunction, trustedRevision: IFunction) {
    super(scope, id);
    const { installation, throttles } = readConfiguration(this);
    const api = new HttpApi(this, 'Api', {
      apiName: installation,
      description: 'Headlock: webhooks in, trusted revisions out',
      createDefaultStage: false,
    });
    const stage = this.createStage(api, throttles.others);
    const settings: Record<string, object> = {};
    for (const { method, path, integration, whyOpen, throttle } of listRoutes(webhook, trustedRevision, throttles)) {
      for (const route of api.addRoutes({ path, methods: [method], integration })) {
        Validations.of(route).acknowledge({ id: 'AwsSolutions::AwsSolutions-APIG4', reason: whyOpen });
        // A stage cannot be made with settings of a route that is not there yet.
        if (throttle !== undefined) stage.node.addDependency(route);
      }
      if (throttle !== undefined) settings[`${method} ${path}`] = describeThrottle(throttle);
    }
    (stage.node.defaultChild as CfnStage).routeSettings = settings;
    this.url = stage.url;
    this.stage = stage;
  }

  private createStage(httpApi: HttpApi, { rate, burst }: Throttle): HttpStage {
    const accessLog = new LogGroup(this, 'AccessLog', {
      retention: readConfiguration(this).accessLogRetentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    return new HttpStage(this, 'Stage', {
      httpApi,
      autoDeploy: true,
      throttle: { rateLimit: rate, burstLimit: burst },
      accessLogSettings: { destination: new LogGroupLogDestination(accessLog), format: ACCESS_LOG_FORMAT },
    });
  }
}

function listRoutes(
  webhook: IFunction,
  trustedRevision: IFunction,
  { webhooks, polls }: Configuration['throttles'],
): readonly OpenRoute[] {
  const { POST, GET } = HttpMethod;
  const integration = new HttpLambdaIntegration('TrustedRevision', trustedRevision);
  const ofAgents = { method: GET, integration, whyOpen: TOKENS_ARE_CHECKED };
  const ofAnybody = { method: GET, integration };
  return [
    {
      method: POST,
      path: '/webhooks/{source}',
      integration: new HttpLambdaIntegration('Webhook', webhook),
      whyOpen: 'The forge proves itself over the raw bytes, which no authorizer sees.',
      throttle: webhooks,
    },
    { ...ofAgents, path: '/v1/repositories' },
    { ...ofAgents, path: '/v1/repositories/{repository}/trusted-revision', throttle: polls },
    { ...ofAgents, path: '/v1/repositories/{repository}/commits/{oid}' },
    { ...ofAgents, path: '/v1/repositories/{repository}/events' },
    {
      ...ofAnybody,
      path: '/openapi.json',
      whyOpen: 'It describes the API, as anybody may read it in the sources.',
    },
    {
      ...ofAnybody,
      path: '/healthz',
      whyOpen: 'It says that the function runs, and nothing else, to whoever asks.',
    },
  ];
}

function describeThrottle({ rate, burst }: Throttle): object {
  return { ThrottlingRateLimit: rate, ThrottlingBurstLimit: burst };
}

const TOKENS_ARE_CHECKED = 'The function checks the token itself: which repositories it may see is stored with it.';

/** No header and no query: tokens and signatures travel there (trust rule 7.3). */
const ACCESS_LOG_FORMAT = AccessLogFormat.custom(
  JSON.stringify({
    requestId: '$context.requestId',
    time: '$context.requestTime',
    ip: '$context.identity.sourceIp',
    route: '$context.routeKey',
    path: '$context.path',
    status: '$context.status',
    bytes: '$context.responseLength',
    milliseconds: '$context.responseLatency',
  }),
);
