import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import { type CfnStage, HttpApi, HttpMethod, HttpStage, LogGroupLogDestination } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { type IMetric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { FilterPattern, LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { readConfiguration, type Throttle } from './configuration.ts';
import { PUBLIC_ROUTES } from './public-routes.ts';
import { metricNamespaceOf } from './service-metric.ts';

/**
 * The HTTP API. Who calls is proven by the functions themselves: forges by HMAC over raw bytes, agents by token.
 *
 * Webhooks and polls have throttles of their own, so that agents cannot keep forges out. One API serves both: a second
 * one would share the quota of the account and the region all the same.
 */
export class PublicApi extends Construct {
  readonly url: string;
  readonly stage: HttpStage;
  /** Requests that were beyond a throttle. API Gateway counts them among all that callers did wrong, so its log is counted. */
  readonly throttled: IMetric;

  constructor(scope: Construct, id: string, webhook: IFunction, trustedRevision: IFunction) {
    super(scope, id);
    const { installation, throttles } = readConfiguration(this);
    const api = new HttpApi(this, 'Api', {
      apiName: installation,
      description: 'Headlock: webhooks in, trusted revisions out',
      createDefaultStage: false,
    });
    const accessLog = this.createAccessLog();
    const stage = this.createStage(api, accessLog, throttles.others);
    const integrations = {
      webhook: new HttpLambdaIntegration('Webhook', webhook),
      'trusted-revision': new HttpLambdaIntegration('TrustedRevision', trustedRevision),
    };
    const settings: Record<string, object> = {};
    for (const { method, path, target, throttle, whyOpen } of PUBLIC_ROUTES) {
      const integration = integrations[target];
      for (const route of api.addRoutes({ path, methods: [HttpMethod[method]], integration })) {
        Validations.of(route).acknowledge({ id: 'AwsSolutions::AwsSolutions-APIG4', reason: whyOpen });
        // A stage cannot be made with settings of a route that is not there yet.
        if (throttle !== 'others') stage.node.addDependency(route);
      }
      if (throttle !== 'others') settings[`${method} ${path}`] = describeThrottle(throttles[throttle]);
    }
    (stage.node.defaultChild as CfnStage).routeSettings = settings;
    this.url = stage.url;
    this.stage = stage;
    this.throttled = this.countThrottled(accessLog);
  }

  private createAccessLog(): LogGroup {
    const { installation, accessLogRetentionDays } = readConfiguration(this);
    return new LogGroup(this, 'AccessLog', {
      // Under this prefix AWS lets its services in once for all. Any other name is added to one policy of the account, which holds
      // 5,120 characters: where many APIs write logs, the stage could not be made.
      logGroupName: `/aws/vendedlogs/${installation}/api`,
      retention: accessLogRetentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });
  }

  private countThrottled(accessLog: LogGroup): IMetric {
    const filter = accessLog.addMetricFilter('Throttled', {
      metricNamespace: metricNamespaceOf(this),
      metricName: 'headlock_api_throttled_total',
      filterPattern: FilterPattern.stringValue('$.status', '=', '429'),
      metricValue: '1',
    });
    return filter.metric({ period: Duration.minutes(5), statistic: Stats.SUM });
  }

  private createStage(httpApi: HttpApi, accessLog: LogGroup, { rate, burst }: Throttle): HttpStage {
    return new HttpStage(this, 'Stage', {
      httpApi,
      autoDeploy: true,
      throttle: { rateLimit: rate, burstLimit: burst },
      accessLogSettings: { destination: new LogGroupLogDestination(accessLog), format: ACCESS_LOG_FORMAT },
    });
  }
}

function describeThrottle({ rate, burst }: Throttle): object {
  return { ThrottlingRateLimit: rate, ThrottlingBurstLimit: burst };
}

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
