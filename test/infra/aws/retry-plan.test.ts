import { SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { RETRY_PLAN } from '../../../infra/aws/retry-plan.ts';
import { AWS_CLIENT_SETTINGS, LONGEST_AWS_CALL_MS } from '../../../shared/aws/client-settings.ts';
import { putOff } from '../../../shared/forges/commit-status.ts';
import {
  APP_TOKEN_TIMEOUT_MS,
  FORGE_DEADLINE_MS,
  JUDGING_DEADLINE_MS,
  RESTART_WITHIN_MS,
  STATUS_REQUEST_TIMEOUT_MS,
  STATUS_REQUESTS,
  VERDICT_WRITES_PER_SECOND,
  VERDICTS_PER_STEP,
} from '../../../shared/model/time-limits.ts';
import { returnDelaySeconds } from '../../../shared/queue/sqs-message-return.ts';
import { synthesizeForTests } from './synthesized-stacks.ts';

const stacks = synthesizeForTests();
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

interface Resource {
  readonly id: string;
  // biome-ignore lint/suspicious/noExplicitAny: a template's properties are as deep as CloudFormation has them
  readonly properties: any;
}

function resources(type: string): readonly Resource[] {
  const found = stacks().service.findResources(type);
  return Object.entries(found).map(([id, { Properties: properties }]) => ({ id, properties }));
}

const targetOf = (reference: { readonly 'Fn::GetAtt': readonly [string, string] }) => reference['Fn::GetAtt'][0];

/** Seconds, by the name of a function. */
function timeouts(): Readonly<Record<string, number>> {
  return Object.fromEntries(
    resources('AWS::Lambda::Function').map(({ properties }) => [
      properties.Environment.Variables.POWERTOOLS_SERVICE_NAME,
      properties.Timeout,
    ]),
  );
}

/** What feeds a function of that name. */
function findSource(name: string) {
  const [fn] = resources('AWS::Lambda::Function').filter(
    ({ properties }) => properties.Environment.Variables.POWERTOOLS_SERVICE_NAME === name,
  );
  const [mapping] = resources('AWS::Lambda::EventSourceMapping').filter(
    ({ properties }) => properties.FunctionName.Ref === fn?.id,
  );
  const queueId = targetOf(mapping?.properties.EventSourceArn);
  const [queue] = resources('AWS::SQS::Queue').filter(({ id }) => id === queueId);
  return { mapping: mapping?.properties, queue: queue?.properties };
}

describe('a call of AWS of which every attempt fails', () => {
  it('takes as long as is counted on, by the SDK that is installed', async () => {
    vi.useFakeTimers();
    vi.spyOn(Math, 'random').mockReturnValue(1);
    const client = new SQSClient({ ...AWS_CLIENT_SETTINGS, region: 'eu-central-1' });
    const strategy = await client.config.retryStrategy();
    if (!('acquireInitialRetryToken' in strategy)) throw new Error('The SDK retries in another way.');
    let token = await strategy.acquireInitialRetryToken('');
    const start = Date.now();
    let attempts = 1;
    for (;;) {
      const refreshing = strategy.refreshRetryTokenForRetry(token, { errorType: 'THROTTLING' }).catch(() => null);
      await vi.runAllTimersAsync();
      const next = await refreshing;
      if (next === null) break;
      token = next;
      attempts += 1;
    }
    const requests = attempts * AWS_CLIENT_SETTINGS.requestHandler.requestTimeout;
    expect(attempts).toBe(AWS_CLIENT_SETTINGS.maxAttempts);
    expect(requests + Date.now() - start).toBe(LONGEST_AWS_CALL_MS);
    client.destroy();
  });

  it('connects within the time of a request', () => {
    const { connectionTimeout, requestTimeout } = AWS_CLIENT_SETTINGS.requestHandler;
    expect(connectionTimeout).toBeLessThan(requestTimeout);
  });
});

describe('functions', () => {
  /** What each waits for beside AWS, at the most, in milliseconds. */
  const WAITS: Readonly<Record<keyof typeof RETRY_PLAN.timeouts, number>> = {
    webhook: 0,
    'trusted-revision': 0,
    sweep: 0,
    verify:
      RESTART_WITHIN_MS +
      FORGE_DEADLINE_MS +
      JUDGING_DEADLINE_MS +
      (VERDICTS_PER_STEP / VERDICT_WRITES_PER_SECOND) * 1000,
    'compare-refs': FORGE_DEADLINE_MS + APP_TOKEN_TIMEOUT_MS,
    'commit-status': STATUS_REQUESTS * STATUS_REQUEST_TIMEOUT_MS,
  };

  it('have the timeouts of the plan, all of them', () => {
    const planned = Object.entries(RETRY_PLAN.timeouts).map(([name, timeout]) => [name, timeout.toSeconds()]);
    expect(timeouts()).toEqual(Object.fromEntries(planned));
  });

  it.each(Object.entries(WAITS))('%s outlives what it waits for and one call of AWS that fails', (name, waits) => {
    const timeout = Number(timeouts()[name]);
    expect(timeout * 1000).toBeGreaterThanOrEqual(waits + LONGEST_AWS_CALL_MS);
    expect(timeout).toBeLessThanOrEqual(120);
  });

  it('that serve HTTP answer before API Gateway gives up, after 30 s', () => {
    for (const name of ['webhook', 'trusted-revision']) expect(timeouts()[name]).toBeLessThan(30);
  });
});

describe.each([
  ['decisions', 'verify'],
  ['statuses', 'commit-status'],
] as const)('the queue of %s', (which, name) => {
  const plan = RETRY_PLAN[which];

  it('hides a message for a few times as long as its function runs', () => {
    const { queue, mapping } = findSource(name);
    const timeout = Number(timeouts()[name]);
    expect(queue.VisibilityTimeout).toBeGreaterThanOrEqual(3 * timeout * mapping.BatchSize);
    expect(queue.VisibilityTimeout).toBeLessThanOrEqual(6 * timeout);
    expect(mapping).toMatchObject({
      BatchSize: 1,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      ScalingConfig: { MaximumConcurrency: plan.maxConcurrency },
    });
  });

  it('gives a message that failed back much sooner, later with each time, and never at the same moment', () => {
    const { queue } = findSource(name);
    const receives = Array.from({ length: queue.RedrivePolicy.maxReceiveCount }, (_, n) => n + 1);
    for (const count of receives) {
      const [soonest, latest] = [returnDelaySeconds(count, 0), returnDelaySeconds(count, 1)];
      expect([soonest > 0, latest <= queue.VisibilityTimeout / 3]).toEqual([true, true]);
      expect(soonest).toBeLessThan(latest);
      expect(latest).toBeGreaterThanOrEqual(returnDelaySeconds(Math.max(1, count - 1), 1));
    }
  });

  it('sets a message aside long before it would drop it, and keeps it longer there', () => {
    const { queue } = findSource(name);
    const { maxReceiveCount: receives, deadLetterTargetArn } = queue.RedrivePolicy;
    const [deadLetters] = resources('AWS::SQS::Queue').filter(({ id }) => id === targetOf(deadLetterTargetArn));
    const asked = putOff('', Number.MAX_SAFE_INTEGER);
    const longestWait = Math.max(queue.VisibilityTimeout, asked.kind === 'later' ? (asked.afterSeconds ?? 0) : 0);
    expect(receives * longestWait).toBeLessThan(queue.MessageRetentionPeriod / 4);
    expect(deadLetters?.properties.MessageRetentionPeriod).toBeGreaterThan(queue.MessageRetentionPeriod);
  });
});

describe('a range of many steps', () => {
  it('is no loop to Lambda, which would set aside the seventeenth: of all functions, the one that hints to itself', () => {
    const allowed = resources('AWS::Lambda::Function').filter(({ properties }) => properties.RecursiveLoop === 'Allow');
    expect(allowed.map(({ properties }) => properties.Environment.Variables.POWERTOOLS_SERVICE_NAME)).toEqual([
      'verify',
    ]);
  });
});

describe('a poison message', () => {
  it('halts its branch for a minute or so, beside what its attempts take', () => {
    const { maxReceiveCount: receives } = findSource('verify').queue.RedrivePolicy;
    const delays = Array.from({ length: receives }, (_, n) => returnDelaySeconds(n + 1, 1));
    expect(delays.reduce((sum, delay) => sum + delay, 0)).toBeLessThanOrEqual(90);
  });

  it('raises an alarm at once', () => {
    const deadLetters = targetOf(findSource('verify').queue.RedrivePolicy.deadLetterTargetArn);
    const alarms = resources('AWS::CloudWatch::Alarm').filter(({ properties: { MetricName, Dimensions = [] } }) => {
      const [dimension] = Dimensions;
      return MetricName === 'ApproximateNumberOfMessagesVisible' && targetOf(dimension.Value) === deadLetters;
    });
    expect(alarms.map(({ properties }) => properties)).toEqual([
      expect.objectContaining({ Threshold: 1, EvaluationPeriods: 1, Period: 60, Statistic: 'Maximum' }),
    ]);
    expect(alarms[0]?.properties.ComparisonOperator).toBe('GreaterThanOrEqualToThreshold');
    expect(alarms[0]?.properties.AlarmActions).toHaveLength(1);
  });
});

describe('the sweep', () => {
  const period = RETRY_PLAN.sweep.period.toSeconds();

  it('runs at least every 5 minutes (rule 5.2), is over before the next, and is not repeated', () => {
    const [rule] = resources('AWS::Events::Rule').filter(({ properties }) =>
      String(properties.Description).includes('sweep'),
    );
    expect(period).toBeLessThanOrEqual(300);
    expect(rule?.properties).toMatchObject({
      ScheduleExpression: `rate(${period / 60} minutes)`,
      Targets: [{ RetryPolicy: { MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: period } }],
    });
    const [handedOver] = resources('AWS::Lambda::EventInvokeConfig');
    expect(handedOver?.properties).toMatchObject({ MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: period });
    expect(timeouts().sweep).toBeLessThan(period);
  });

  it('gives a turn back no sooner than its function ends, and drops it when others have taken its place', () => {
    const { queue, mapping } = findSource('compare-refs');
    expect(queue.VisibilityTimeout).toBeGreaterThanOrEqual(3 * Number(timeouts()['compare-refs']));
    expect(queue.VisibilityTimeout).toBe(period);
    // A turn waits for its place in the sweep first, as long as SQS delays a message at the most.
    expect(period).toBeLessThanOrEqual(900);
    expect(queue.MessageRetentionPeriod).toBeGreaterThanOrEqual(period + Number(timeouts()['compare-refs']));
    expect(queue.MessageRetentionPeriod).toBeLessThanOrEqual(2 * period);
    expect(queue.RedrivePolicy).toBeUndefined();
    expect(mapping).toMatchObject({ BatchSize: 1, ScalingConfig: { MaximumConcurrency: 5 } });
  });
});
