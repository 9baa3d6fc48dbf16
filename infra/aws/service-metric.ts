import type { Duration } from 'aws-cdk-lib';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import type { MetricName } from '../../shared/lambda/metric-list.ts';
import { readConfiguration } from './configuration.ts';
import type { FunctionName } from './function-names.ts';

/** Where an installation's own metrics are: two in one account never add up. */
export function metricNamespaceOf(scope: Construct): string {
  return `Headlock/${readConfiguration(scope).installation}`;
}

/** One of our own metrics as a function writes it, over all of its dimensions together. */
export function serviceMetric(
  scope: Construct,
  name: MetricName,
  service: FunctionName,
  statistic: string,
  period: Duration,
): Metric {
  return new Metric({
    namespace: metricNamespaceOf(scope),
    metricName: name,
    dimensionsMap: { service },
    statistic,
    period,
  });
}
