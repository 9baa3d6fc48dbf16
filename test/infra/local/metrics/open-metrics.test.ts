import { describe, expect, it } from 'vitest';
import { createMetricRegistry } from '../../../../infra/local/metrics/metric-registry.ts';
import { parseMetrics } from '../../../../infra/local/metrics/parse-metrics.ts';
import { writeOpenMetrics } from '../../../../infra/local/metrics/write-open-metrics.ts';
import { METRICS, type MetricDescription } from '../../../../shared/lambda/metric-list.ts';

const NOW = Date.parse('2026-11-21T10:00:00.000Z');
const MINUTE = 60_000;

/** A line as Powertools writes it. */
function line(values: Record<string, unknown>, fields: Record<string, string> = {}, at = NOW): string {
  const Metrics = Object.keys(values).map((Name) => ({ Name, Unit: 'None' }));
  const metrics = [{ Namespace: 'Headlock/headlock', Dimensions: [['service']], Metrics }];
  return JSON.stringify({
    _aws: { Timestamp: at, CloudWatchMetrics: metrics },
    ...{ service: 'verify', ...fields, ...values },
  });
}

function write(lines: readonly string[], now = NOW): readonly string[] {
  const registry = createMetricRegistry();
  for (const each of lines) registry.add(parseMetrics(each));
  return writeOpenMetrics(registry, now).split('\n');
}

/** The samples of a metric. */
const samplesOf = (name: string, lines: readonly string[]) =>
  lines.filter((each) => each.startsWith(name) && /^[\w:]+[{ ]/.test(each));

describe('OpenMetrics from what functions log', () => {
  it('adds up counters by their labels, and leaves other dimensions and fields out', () => {
    const failures = 'headlock_commit_verification_failures_total';
    const lines = write([
      line({ [failures]: 2 }, { repository: 'shop', reason: 'unsigned', request: 'r1' }),
      line({ [failures]: 3 }, { repository: 'shop', reason: 'unsigned', request: 'r2' }),
      line({ [failures]: 1 }, { repository: 'shop', reason: 'invalid' }),
    ]);
    expect(samplesOf(failures, lines)).toEqual([
      `${failures}{repository="shop",reason="unsigned"} 5`,
      `${failures}{repository="shop",reason="invalid"} 1`,
    ]);
  });

  it('shows the latest value of a gauge, and forgets it when the sweep no longer tells it', () => {
    const told = [
      line({ headlock_branch_locked: 1 }, { repository: 'shop', branch: 'main' }, NOW - 20 * MINUTE),
      line({ headlock_branch_locked: 1 }, { repository: 'shop', branch: 'next' }, NOW - 10 * MINUTE),
      line({ headlock_branch_locked: 0 }, { repository: 'shop', branch: 'next' }, NOW),
    ];
    expect(samplesOf('headlock_branch_locked', write(told))).toEqual([
      'headlock_branch_locked{repository="shop",branch="next"} 0',
    ]);
  });

  it('counts the values of a histogram in cumulative buckets', () => {
    const name = 'headlock_decision_duration_seconds';
    const lines = samplesOf(name, write([line({ [name]: 0.2 }), line({ [name]: [3, 1_000] })]));
    expect(lines).toEqual(
      [
        ...['0.1"} 0', '0.25"} 1', '0.5"} 1', '1.0"} 1', '2.5"} 1', '5.0"} 2', '10.0"} 2', '30.0"} 2', '60.0"} 2'],
        ...['120.0"} 2', '300.0"} 2', '900.0"} 2', '+Inf"} 3'],
      ]
        .map((rest) => `${name}_bucket{le="${rest}`)
        .concat(`${name}_count 3`, `${name}_sum 1003.2`),
    );
  });

  it('takes nothing from other lines, half lines, unknown names and values that are no numbers', () => {
    const others = [
      'not JSON',
      '{"_aws":',
      '{"_aws":{}}',
      JSON.stringify({ level: 'INFO', headlock_commits_verified_total: 5 }),
      line({ headlock_unheard_of_total: 1, toString: 1 }),
      line({ headlock_commits_verified_total: 'many' }),
    ];
    expect(samplesOf('headlock_', write(others))).toEqual([
      'headlock_commits_verified_total 0',
      'headlock_sweep_repairs_total 0',
    ]);
  });

  it('escapes what stands in a label', () => {
    const lines = write([line({ headlock_key_expiry_days: 1.5 }, { signatory: 'A "B" \\ \nC', repository: 'shop' })]);
    expect(samplesOf('headlock_key_expiry_days', lines)).toEqual([
      'headlock_key_expiry_days{repository="shop",signatory="A \\"B\\" \\\\ \\nC"} 1.5',
    ]);
  });

  it('describes every metric once, before its samples, and ends as OpenMetrics ends', () => {
    const lines = write([line({ headlock_commits_verified_total: 1 })]);
    expect(lines.slice(-2)).toEqual(['# EOF', '']);
    for (const [name, { kind }] of Object.entries<MetricDescription>(METRICS)) {
      const family = kind === 'counter' ? name.replace(/_total$/, '') : name;
      const about = lines.filter((each) => each.split(' ')[2] === family && each.startsWith('# '));
      const words = about.map((each) => each.split(' ')[1]);
      expect(words).toEqual(/_(seconds|days)$/.test(name) ? ['TYPE', 'UNIT', 'HELP'] : ['TYPE', 'HELP']);
    }
  });

  it('is what lines of the grammar are', () => {
    const sample = /^[a-z_]+(\{([a-z]+="([^"\\\n]|\\["\\n])*",?)+\})? (NaN|[+-]?[0-9.]+(e[+-][0-9]+)?)$/;
    const about =
      /^# (TYPE [a-z_]+ (counter|gauge|histogram)|UNIT [a-z_]+_(seconds seconds|days days)|HELP [a-z_]+ [^\n]+|EOF)$/;
    const lines = write([
      line({ headlock_branch_locked: 1, headlock_trusted_age_seconds: 1e21 }, { repository: 's', branch: 'a"b\\' }),
      line({ headlock_receipt_to_publish_seconds: 1e-7 }),
    ]);
    for (const each of lines.slice(0, -1)) expect(each).toMatch(each.startsWith('#') ? about : sample);
  });
});
