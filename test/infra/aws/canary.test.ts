import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { canarySchema } from '../../../infra/aws/canary-settings.ts';
import { LONGEST_AWS_CALL_MS } from '../../../shared/aws/client-settings.ts';
import { synthesizeForTests } from './synthesized-stacks.ts';

const PROJECT = join(import.meta.dirname, '..', '..', '..');

describe('the canary', () => {
  const withCanary = synthesizeForTests({ 'headlock:canary': { repository: 'canary', everyMinutes: 30 } });
  const without = synthesizeForTests();

  it('is not there unless it is asked for', () => {
    const functions = without().service.findResources('AWS::Lambda::Function');
    expect(JSON.stringify(functions)).not.toContain('CANARY');
  });

  it('flies by its schedule, without a second try', () => {
    withCanary().service.hasResourceProperties('AWS::Events::Rule', {
      ScheduleExpression: 'rate(30 minutes)',
      Targets: [Match.objectLike({ RetryPolicy: { MaximumEventAgeInSeconds: 1800, MaximumRetryAttempts: 0 } })],
    });
    // Of the event that it was handed, Lambda would fly twice more by itself, a minute after the first flight failed.
    withCanary().service.hasResourceProperties('AWS::Lambda::EventInvokeConfig', {
      FunctionName: { Ref: Match.stringLikeRegexp('^CanaryFunction') },
      MaximumEventAgeInSeconds: 1800,
      MaximumRetryAttempts: 0,
    });
  });

  it('outlives three pushes, three decisions that just come, and a call of AWS that fails, before it flies again', async () => {
    const source = await readFile(join(PROJECT, 'functions', 'canary', 'handler.ts'), 'utf8');
    const [, push = ''] = /PUSH_TIMEOUT_MS = ([\d_]+);/.exec(source) ?? [];
    const [canary] = Object.values(withCanary().service.findResources('AWS::Lambda::Function')).filter(
      ({ Properties }) => Properties.Environment.Variables.POWERTOOLS_SERVICE_NAME === 'canary',
    );
    const { Timeout: timeout, Environment: environment } = canary?.Properties ?? {};
    const decision = 1000 * Number(environment.Variables.HEADLOCK_CANARY_PATIENCE_SECONDS);
    const flight = 3 * (Number(push.replaceAll('_', '')) + decision) + LONGEST_AWS_CALL_MS;
    expect(flight).toBeGreaterThan(LONGEST_AWS_CALL_MS);
    expect(timeout * 1000).toBeGreaterThanOrEqual(flight);
    // Lambda runs nothing for longer than 15 minutes.
    expect(timeout).toBeLessThanOrEqual(900);
    const soonest = Array.from({ length: 720 }, (_, n) => n + 1).find(
      (everyMinutes) => canarySchema.safeParse({ repository: 'canary', everyMinutes }).success,
    );
    expect(timeout).toBeLessThan(60 * Number(soonest));
  });

  it('is told of where it fails, is throttled, or does not fly', () => {
    const alarms = Object.values(withCanary().service.findResources('AWS::CloudWatch::Alarm'));
    const text = alarms.map(({ Properties }) => `${Properties.AlarmDescription}`);
    expect(text.filter((description) => /canary/i.test(description))).toHaveLength(3);
  });
});
