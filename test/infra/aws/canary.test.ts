import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { synthesizeForTests } from './synthesized-stacks.ts';

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

  it('may read and open its own secrets, and write nothing', () => {
    const policies = withCanary().service.findResources('AWS::IAM::Role', {
      Properties: { Description: Match.stringLikeRegexp('signed and an unsigned commit') },
    });
    const [role] = Object.values(policies);
    const statements: { Action: string | string[]; Condition?: unknown }[] =
      role?.Properties.Policies[0].PolicyDocument.Statement;
    const actions = statements.flatMap(({ Action }) => Action).filter((action) => !action.startsWith('logs:'));
    expect(new Set(actions)).toEqual(new Set(['dynamodb:GetItem', 'kms:Decrypt', 'kms:DescribeKey']));
    expect(statements.find(({ Condition }) => JSON.stringify(Condition)?.includes('purpose'))?.Condition).toEqual({
      StringEquals: { 'kms:EncryptionContext:headlock:purpose': expect.toSatisfy((each) => String(each) === 'canary') },
    });
  });

  it('is told of where it fails, is throttled, or does not fly', () => {
    const alarms = Object.values(withCanary().service.findResources('AWS::CloudWatch::Alarm'));
    const text = alarms.map(({ Properties }) => `${Properties.AlarmDescription}`);
    expect(text.filter((description) => /canary/i.test(description))).toHaveLength(3);
  });
});
