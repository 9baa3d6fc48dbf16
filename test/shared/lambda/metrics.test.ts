import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { METRICS, type MetricDescription } from '../../../shared/lambda/metric-list.ts';
import type { BranchState } from '../../../shared/model/branch-state.ts';
import type { StatementTerms } from '../../../shared/model/statement.ts';
import { createLockedBranchState } from '../../support/branch-states.ts';

/** Runs statements in a process of its own, as a function's environment would. @returns the lines that it printed, parsed */
function print(file: string, statements: string): readonly Record<string, unknown>[] {
  const url = new URL(`../../../shared/lambda/${file}.ts`, import.meta.url);
  const program = `const { ${/\w+/.exec(statements)?.[0]} } = await import('${url.href}'); ${statements}`;
  const env = { POWERTOOLS_SERVICE_NAME: 'verify', POWERTOOLS_METRICS_NAMESPACE: 'Headlock/production' };
  const output = execFileSync(process.execPath, ['--input-type=module', '--eval', program], { env, encoding: 'utf8' });
  return output.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line)]));
}

const report = (state: BranchState) =>
  print('report-branch', `reportBranch(${JSON.stringify(state)}, new Date('2026-11-21T11:15:00.000Z'))`);

function statementOf(issuedAt: string): StatementTerms {
  const after = (hours: number) => new Date(Date.parse(issuedAt) + hours * 3_600_000).toISOString();
  return {
    ...{ sequence: 1, state: 'Locked', issuedAt, renewAt: after(12), expires: after(24), isSigned: true, keyId: 'k' },
    policy: { version: 1, verifier: 'https://headlock.example.com', url: 'https://forge.example.com', sha256: 'aa' },
  };
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

  it('of a branch are gauges of its lock, its ages and the keys that end', () => {
    const state = createLockedBranchState({
      trustedSince: '2026-11-21T09:15:00.000Z',
      statement: statementOf('2026-11-21T10:15:00.000Z'),
      keys: {
        ...{ checkedAt: '2026-11-21T10:15:00.000Z', nextAt: null },
        soonest: [{ signatory: 'Alice', expires: '2026-11-23T23:15:00.000Z' }],
      },
    });
    const lines = report(state);
    expect(lines).toMatchObject([
      {
        ...{ repository: 'payments', branch: 'main', state: 'Locked', enforcement: 'enforce' },
        ...{ headlock_branch_locked: 1, headlock_trusted_age_seconds: 7200, headlock_statement_age_seconds: 3600 },
      },
      { repository: 'payments', signatory: 'Alice', headlock_key_expiry_days: 2.5 },
    ]);
    expect(report({ ...state, enforcement: 'report' })).toMatchObject([{ headlock_branch_locked: 0 }, {}]);
    // Trust rule 6.2: agents refuse one that has ended, so one that cannot be signed must be heard of before.
    const unsigned = { ...statementOf('2026-11-21T10:15:00.000Z'), isSigned: false };
    expect(report({ ...state, statement: unsigned })).toMatchObject([{ headlock_statement_age_seconds: 86_400 }, {}]);
    const fresh = { ...statementOf('2026-11-21T11:10:00.000Z'), isSigned: false };
    expect(report({ ...state, statement: fresh })).toMatchObject([{ headlock_statement_age_seconds: 300 }, {}]);
  });

  it('never fail whoever counts', () => {
    const wrong = "emitMetrics({ headlock_branch_locked: 'x' }, { repository: 'shop' }); emitMetrics({ nothing: 1 });";
    const [line, ...others] = print('metrics', `${wrong} emitMetrics({}); emitMetrics({ headlock_branch_locked: 1 });`);
    expect(line).toEqual({ _aws: expect.anything(), service: 'verify', headlock_branch_locked: 1 });
    expect(others).toEqual([]);
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
