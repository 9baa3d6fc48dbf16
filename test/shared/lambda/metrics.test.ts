import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';

const METRICS = new URL('../../../shared/lambda/metrics.ts', import.meta.url);

it('a fetch failure is one line of the embedded metric format, with its reason as a dimension', () => {
  const program = `import { countFetchFailure } from '${METRICS.href}'; countFetchFailure('rate_limited');`;
  const env = { POWERTOOLS_SERVICE_NAME: 'verify' };
  const output = execFileSync(process.execPath, ['--input-type=module', '--eval', program], { env, encoding: 'utf8' });
  const { _aws, ...fields } = JSON.parse(output);
  expect(fields).toEqual({ service: 'verify', reason: 'rate_limited', headlock_git_fetch_failure_total: 1 });
  const metric = { Name: 'headlock_git_fetch_failure_total', Unit: 'Count' };
  expect(_aws.CloudWatchMetrics).toEqual([
    { Namespace: 'Headlock', Dimensions: [['service', 'reason']], Metrics: [metric] },
  ]);
});
