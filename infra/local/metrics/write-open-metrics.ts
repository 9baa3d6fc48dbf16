import { METRICS, type MetricDescription, type MetricName } from '../../../shared/lambda/metric-list.ts';
import { BUCKETS, type MetricRegistry, type Series } from './metric-registry.ts';

export const OPEN_METRICS_TYPE = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

/** All metrics as Prometheus scrapes them (OpenMetrics 1.0). @param now - milliseconds since 1970 */
export function writeOpenMetrics(registry: MetricRegistry, now: number): string {
  const families = Object.entries<MetricDescription>(METRICS).flatMap(([name, description]) => {
    const { kind, labels, help } = description;
    const family = kind === 'counter' ? name.replace(/_total$/, '') : name;
    const unit = /_(seconds|days)$/.exec(family)?.[1];
    const found = registry.read(name as MetricName, now);
    // A counter without labels begins at 0, so that its first value is a rise.
    const all = found.length === 0 && kind === 'counter' && labels.length === 0 ? [ZERO] : found;
    return [
      `# TYPE ${family} ${kind}`,
      ...(unit === undefined ? [] : [`# UNIT ${family} ${unit}`]),
      `# HELP ${family} ${escapeText(help)}`,
      ...all.flatMap((series) => writeSeries(name, description, series)),
    ];
  });
  return `${[...families, '# EOF'].join('\n')}\n`;
}

const ZERO: Series = { labels: {}, value: 0, at: 0, count: 0, buckets: [] };

function writeSeries(
  name: string,
  { kind }: MetricDescription,
  { labels, value, count, buckets }: Series,
): readonly string[] {
  if (kind !== 'histogram') return [`${name}${writeLabels(labels)} ${value}`];
  return [
    // A bound is a float, as clients of Prometheus write it.
    ...BUCKETS.map((bound, index) => {
      const le = Number.isInteger(bound) ? `${bound}.0` : `${bound}`;
      return `${name}_bucket${writeLabels({ ...labels, le })} ${buckets[index] ?? 0}`;
    }),
    `${name}_bucket${writeLabels({ ...labels, le: '+Inf' })} ${count}`,
    `${name}_count${writeLabels(labels)} ${count}`,
    `${name}_sum${writeLabels(labels)} ${value}`,
  ];
}

function writeLabels(labels: Readonly<Record<string, string>>): string {
  const written = Object.entries(labels).map(([name, value]) => `${name}="${escapeText(value)}"`);
  return written.length === 0 ? '' : `{${written.join(',')}}`;
}

function escapeText(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
