import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { METRICS, type MetricDescription, type MetricName } from './metric-list.ts';

/** One for all lines: to make another takes longer than to write a line. */
const metrics = new Metrics();

export type MetricValues = Readonly<Partial<Record<MetricName, number>>>;

/** What a line of metrics tells beside them: dimensions by their names, and what only the log shows. */
export type MetricFields = Readonly<Record<string, string>>;

/**
 * Writes metrics of the same dimensions to the function's log, as one line from which CloudWatch makes them (embedded metric
 * format): nothing is called and nothing waits. Values count both under their dimensions and, for alarms, under none.
 * Namespace and `service` come from the environment (`POWERTOOLS_METRICS_NAMESPACE`, `POWERTOOLS_SERVICE_NAME`).
 */
export function emitMetrics(values: MetricValues, fields: MetricFields = {}): void {
  const named = Object.entries(values) as [MetricName, number][];
  const [first] = named;
  if (first === undefined) return;
  try {
    const { dimensions }: MetricDescription = METRICS[first[0]];
    if (dimensions.length > 0) {
      metrics.addDimensions({});
      metrics.addDimensions(Object.fromEntries(dimensions.map((name) => [name, fields[name] ?? 'unknown'])));
    }
    for (const [name, value] of Object.entries(fields)) {
      if (!dimensions.includes(name)) metrics.addMetadata(name, value);
    }
    for (const [name, value] of named) metrics.addMetric(name, UNITS[METRICS[name].unit], value);
    metrics.publishStoredMetrics();
  } catch {
    // No decision fails for what is only counted; nor does the next line.
    metrics.clearMetrics();
    metrics.clearDimensions();
    metrics.clearMetadata();
  }
}

const UNITS = { Count: MetricUnit.Count, Seconds: MetricUnit.Seconds, None: MetricUnit.NoUnit } as const;
