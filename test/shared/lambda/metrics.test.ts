import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { METRICS, type MetricDescription } from '../../../shared/lambda/metric-list.ts';

/** Runs statements in a process of its own, as a function's environment would. @returns the lines that it printed, parsed */
function print(file: string, statements: string): readonly Record<string, unknown>[] {
  const url = new URL(`../../../shared/lambda/${file}.ts`, import.meta.url);
  const program = `const { ${/\w+/.exec(statements)?.[0]} } = await import('${url.href}'); ${statements}`;
  const env = { POWERTOOLS_SERVICE_NAME: 'verify', POWERTOOLS_METRICS_NAMESPACE: 'Headlock/production' };
  const output = execFileSync(process.execPath, ['--input-type=module', '--eval', program], { env, encoding: 'utf8' });
  return output.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line)]));
}

describe('metrics', () => {
  it('are one line of the embedded metric format, counted under their dimensions and under none', () => {
    const [line = {}] = print('count-fetch-failure', "countFetchFailure('rate_limited')");
    const { _aws, ...fields } = line as { _aws: { CloudWatchMetrics: unknown } };
    expect(fields).toEqual({ service: 'verify', reason: 'rate_limited', headlock_git_fetch_failure_total: 1 });
    const metric = { Name: 'headlock_git_fetch_failure_total', Unit: 'Count' };
    expect(_aws.CloudWatchMetrics).toEqual([
      { Namespace: 'Headlock/production', Dimensions: [['service'], ['service', 'reason']], Metrics: [metric] },
    ]);
  });

  it('name what only the log shows in fields that are no dimensions', () => {
    const [line = {}] = print(
      'metrics',
      "emitMetrics({ headlock_branch_locked: 1, headlock_trusted_age_seconds: 60 }, { repository: 'shop', branch: 'main' })",
    );
    const { _aws, ...fields } = line as { _aws: { CloudWatchMetrics: { Dimensions: unknown }[] } };
    expect(fields).toEqual({
      ...{ service: 'verify', repository: 'shop', branch: 'main' },
      ...{ headlock_branch_locked: 1, headlock_trusted_age_seconds: 60 },
    });
    expect(_aws.CloudWatchMetrics[0]?.Dimensions).toEqual([['service']]);
  });

  it('never fail whoever counts', () => {
    const program = "emitMetrics({ headlock_branch_locked: 'x' }); emitMetrics({ nothing: 1 }); emitMetrics({});";
    expect(print('metrics', program)).toEqual([]);
  });

  it('have labels that include their dimensions, and none that whoever pushes can choose', () => {
    for (const [name, { kind, dimensions, labels, unit }] of Object.entries<MetricDescription>(METRICS)) {
      expect(labels).toEqual(expect.arrayContaining([...dimensions]));
      const known = ['repository', 'branch', 'reason', 'provider', 'outcome', 'signatory'];
      expect(known).toEqual(expect.arrayContaining([...labels]));
      expect(name.endsWith('_total')).toBe(kind === 'counter');
      expect(name.endsWith('_seconds')).toBe(unit === 'Seconds');
    }
  });
});
