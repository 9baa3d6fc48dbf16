import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import { HttpApi, HttpMethod, HttpStage, LogGroupLogDestination } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { Alarm } from 'aws-cdk-lib/aws-cloudwatch';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { createFaultAlarm } from './fault-alarm.ts';

/** The HTTP API. Who calls is proven by the functions themselves: forges by HMAC over raw bytes, agents by token. */
export class PublicApi extends Construct {
  readonly url: string;
  readonly errorAlarm: Alarm;

  constructor(scope: Construct, id: string, webhook: IFunction, trustedRevision: IFunction) {
    super(scope, id);
    const api = new HttpApi(this, 'Api', {
      apiName: 'headlock',
      description: 'Headlock: webhooks in, trusted revisions out',
      createDefaultStage: false,
    });
    const { POST, GET } = HttpMethod;
    const webhooks = new HttpLambdaIntegration('Webhook', webhook);
    const revisions = new HttpLambdaIntegration('TrustedRevision', trustedRevision);
    const addRoute = (method: HttpMethod, path: string, integration: HttpLambdaIntegration, whyOpen: string) => {
      const [route] = api.addRoutes({ path, methods: [method], integration });
      if (route !== undefined)
        Validations.of(route).acknowledge({ id: 'AwsSolutions::AwsSolutions-APIG4', reason: whyOpen });
    };
    addRoute(
      POST,
      '/webhooks/{source}',
      webhooks,
      'The forge proves itself over the raw bytes, which no authorizer sees.',
    );
    addRoute(GET, '/v1/repositories', revisions, TOKENS_ARE_CHECKED);
    addRoute(GET, '/v1/repositories/{repository}/trusted-revision', revisions, TOKENS_ARE_CHECKED);
    addRoute(GET, '/v1/repositories/{repository}/commits/{oid}', revisions, TOKENS_ARE_CHECKED);
    addRoute(GET, '/v1/repositories/{repository}/events', revisions, TOKENS_ARE_CHECKED);
    addRoute(GET, '/openapi.json', revisions, 'It describes the API, as anybody may read it in the sources.');
    addRoute(GET, '/healthz', revisions, 'It says that the function runs, and nothing else, to whoever asks.');
    const stage = this.createStage(api);
    this.url = stage.url;
    this.errorAlarm = createFaultAlarm(
      this,
      'ErrorAlarm',
      'The HTTP API answers 5xx. The logs of the webhook and trusted-revision functions say why.',
      stage.metricServerError({ period: Duration.minutes(5), statistic: 'Sum' }),
    );
  }

  private createStage(httpApi: HttpApi): HttpStage {
    const accessLog = new LogGroup(this, 'AccessLog', {
      retention: RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    return new HttpStage(this, 'Stage', {
      httpApi,
      autoDeploy: true,
      // What strangers can cost us; forges repeat a refused delivery or the sweep finds it.
      throttle: { rateLimit: 100, burstLimit: 200 },
      accessLogSettings: { destination: new LogGroupLogDestination(accessLog), format: ACCESS_LOG_FORMAT },
    });
  }
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
