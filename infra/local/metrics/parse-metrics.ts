import { z } from 'zod';
import { METRICS, type MetricName } from '../../../shared/lambda/metric-list.ts';

/** One value of a metric, as a function wrote it. */
export interface Sample {
  readonly name: MetricName;
  /** By their names, in the order of the metric's list. */
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  /** Milliseconds since 1970. */
  readonly at: number;
}

const LINE = z.looseObject({
  _aws: z.object({
    Timestamp: z.number(),
    CloudWatchMetrics: z.array(z.object({ Metrics: z.array(z.object({ Name: z.string() })) })),
  }),
});

/** How the lines begin that hold metrics: no other line of a log is parsed. */
const PREFIX = '{"_aws":';

/** The metrics that a line of a function's log holds (CloudWatch's embedded metric format); none of any other line. */
export function parseMetrics(line: string): readonly Sample[] {
  if (!line.startsWith(PREFIX)) return [];
  const { data } = LINE.safeParse(parseJson(line));
  if (data === undefined) return [];
  const { _aws: head, ...fields } = data;
  const names = head.CloudWatchMetrics.flatMap(({ Metrics }) => Metrics.map(({ Name }) => Name));
  return names.filter(isMetricName).flatMap((name) => {
    const labels = Object.fromEntries(METRICS[name].labels.map((label) => [label, String(fields[label] ?? '')]));
    const values = [fields[name]].flat().filter((value) => typeof value === 'number' && Number.isFinite(value));
    return values.map((value) => ({ name, labels, value: Number(value), at: head.Timestamp }));
  });
}

function isMetricName(name: string): name is MetricName {
  return Object.hasOwn(METRICS, name);
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null; // A function that was cut off leaves half a line.
  }
}
