import { METRICS, type MetricDescription, type MetricName } from '../../../shared/lambda/metric-list.ts';
import type { Sample } from './parse-metrics.ts';

/** Upper bounds of the histograms, in seconds: from a decision without news to a forge that takes its time. */
export const BUCKETS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900] as const;

/** Three turns of the sweep: a branch that is guarded no more leaves with its gauges. */
const GAUGE_LIFE_MS = 16 * 60_000;

/** All values of a metric that have the same labels. */
export interface Series {
  readonly labels: Readonly<Record<string, string>>;
  /** The sum of a counter or a histogram, the latest value of a gauge. */
  value: number;
  /** When the latest value was written. */
  at: number;
  count: number;
  /** How many values were at most each of `BUCKETS`. */
  readonly buckets: number[];
}

/** What the metrics of all functions come to since the instance started. */
export interface MetricRegistry {
  add(samples: readonly Sample[]): void;
  /** @param now - milliseconds since 1970 */
  read(name: MetricName, now: number): readonly Series[];
}

export function createMetricRegistry(): MetricRegistry {
  const metrics = new Map<MetricName, Map<string, Series>>();
  return {
    add(samples) {
      for (const { name, labels, value, at } of samples) {
        const all = metrics.get(name) ?? new Map<string, Series>();
        metrics.set(name, all);
        const key = JSON.stringify(Object.values(labels));
        const series = all.get(key) ?? { labels, value: 0, at, count: 0, buckets: BUCKETS.map(() => 0) };
        all.set(key, series);
        const { kind }: MetricDescription = METRICS[name];
        series.value = kind === 'gauge' ? value : series.value + value;
        series.at = at;
        series.count += 1;
        for (const [index, bound] of BUCKETS.entries()) {
          if (value <= bound) series.buckets[index] = (series.buckets[index] ?? 0) + 1;
        }
      }
    },
    read(name, now) {
      const { kind }: MetricDescription = METRICS[name];
      const all = [...(metrics.get(name)?.values() ?? [])];
      return kind === 'gauge' ? all.filter(({ at }) => now - at <= GAUGE_LIFE_MS) : all;
    },
  };
}
