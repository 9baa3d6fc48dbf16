import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { CONFIGURATION_NAMES, readConfiguration } from '../../../infra/aws/configuration.ts';
import { synthesizeForTests } from './synthesized-stacks.ts';

const PROJECT = join(import.meta.dirname, '..', '..', '..');

const read = (context: Record<string, unknown>) => readConfiguration(new App({ context }));

/** The message that a context is refused with. */
function refuse(context: Record<string, unknown>): string {
  try {
    read(context);
  } catch (error) {
    return String(error);
  }
  throw new Error('It was taken.');
}

/** The defaults in JSON by name, as the lines that match say: the name comes first. */
function collectDefaults(text: string, pattern: RegExp): Record<string, string> {
  return Object.fromEntries([...text.matchAll(pattern)].map(([, name = '', value]) => [name, value ?? '']));
}

describe('the configuration', () => {
  it('has these defaults, which its sources and docs/deploying.md tell', async () => {
    const source = await readFile(join(PROJECT, 'infra', 'aws', 'configuration.ts'), 'utf8');
    const inSource = collectDefaults(
      source.replaceAll(/@default (\S+)\s+\*\/\s+readonly (\w+):/g, '\0$2 $1\0'),
      /\0(\w+) (\S+)\0/g,
    );
    expect(Object.keys(inSource).sort()).toEqual([...CONFIGURATION_NAMES].sort());
    const given = Object.entries(inSource).map(([name, value]) => [`headlock:${name}`, JSON.parse(value)]);
    expect(read(Object.fromEntries(given))).toEqual(read({}));

    const guide = await readFile(join(PROJECT, 'docs', 'deploying.md'), 'utf8');
    expect(collectDefaults(guide, /^\| `headlock:(\w+)` \|[^|]*\| `([^`]*)` \|$/gm)).toEqual(inSource);
  });

  it('is taken from cdk.json as JSON, and from the command line as text', () => {
    const values = {
      'headlock:installation': 'staging',
      'headlock:throttles': { polls: { rate: 10, burst: 5 } },
      'headlock:reservedConcurrency': { webhook: 20 },
      'headlock:alertEmail': 'security@example.com',
      'headlock:tracing': true,
      'headlock:pollAfterSeconds': 300,
      'headlock:logRetentionDays': 365,
    };
    const texts = Object.entries(values).map(([key, value]) => [
      key,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]);
    expect(read(Object.fromEntries(texts))).toEqual(read(values));
    expect(read(values)).toMatchObject({
      installation: 'staging',
      throttles: { polls: { rate: 10, burst: 5 }, others: { rate: 30, burst: 30 } },
      reservedConcurrency: { webhook: 20 },
    });
  });

  it('is refused with every problem at once, each by its name and how to mend it', () => {
    const message = refuse({
      'headlock:instalation': 'staging',
      'headlock:installation': 'Staging_EU',
      'headlock:throttles': { polls: { rate: 0, burst: 5 }, webhook: {} },
      'headlock:logRetentionDays': 91,
      'headlock:pollAfterSeconds': 4,
      'headlock:reservedConcurrency': { verifier: 3 },
      'headlock:tags': { 'aws:owner': 'me' },
      unrelated: true,
    });
    expect(message).toContain('cdk.json');
    for (const part of [
      /^- headlock:instalation: .*Known are headlock:installation, headlock:network/m,
      /^- headlock:installation: Take 2 to 32 lower-case letters/m,
      /^- headlock:throttles\.polls\.rate: /m,
      /^- headlock:throttles: .*webhook/m,
      /^- headlock:logRetentionDays: .*90, 120/m,
      /^- headlock:pollAfterSeconds: /m,
      /^- headlock:reservedConcurrency.*: /m,
      /^- headlock:tags\.aws:owner: /m,
    ]) {
      expect(message).toMatch(part);
    }
    expect(message).not.toContain('unrelated');
  });

  it('leaves no function fewer runs than its queue feeds at once, since Lambda would refuse messages until they are dead letters', () => {
    const reserve = (runs: object) => refuse({ 'headlock:reservedConcurrency': runs });
    expect(reserve({ verify: 9 })).toMatch(/^- headlock:reservedConcurrency\.verify: Reserve 10 at least/m);
    expect(reserve({ 'commit-status': 4 })).toMatch(/commit-status: Reserve 5 at least/);
    expect(reserve({ 'compare-refs': 4 })).toMatch(/compare-refs: Reserve 5 at least/);
    const enough = { verify: 10, 'commit-status': 5, 'compare-refs': 5, sweep: 1 };
    expect(read({ 'headlock:reservedConcurrency': enough }).reservedConcurrency).toEqual(enough);
  });

  it.each([
    ['headlock', true],
    ['production-eu-1', true],
    ['a1', true],
    ['h', false],
    ['1st', false],
    ['double--hyphen', false],
    ['ends-', false],
    ['aws', false],
    ['awsome', false],
    ['with_underscore', false],
    ['x'.repeat(32), true],
    ['x'.repeat(33), false],
  ])('takes %s as a name of an installation: %s', (name, isTaken) => {
    const attempt = () => read({ 'headlock:installation': name }).installation;
    if (isTaken) expect(attempt()).toBe(name);
    else expect(attempt).toThrow(/headlock:installation/);
  });
});

describe('what is configured', () => {
  const stacks = synthesizeForTests({
    'headlock:throttles': { webhooks: { rate: 7, burst: 8 }, polls: { rate: 9, burst: 10 } },
    'headlock:reservedConcurrency': { webhook: 20, 'trusted-revision': 30 },
    'headlock:logRetentionDays': 365,
    'headlock:accessLogRetentionDays': 7,
    'headlock:pollAfterSeconds': 300,
    'headlock:alertEmail': 'security@example.com',
    'headlock:tracing': true,
    'headlock:tags': { 'cost-center': 'platform', application: 'not this' },
  });

  it('is how long agents are asked to wait', () => {
    stacks().service.hasResourceProperties('AWS::Lambda::Function', {
      Environment: { Variables: Match.objectLike({ HEADLOCK_POLL_AFTER_SECONDS: '300' }) },
    });
  });

  it('is how many requests are let through', () => {
    stacks().service.hasResourceProperties('AWS::ApiGatewayV2::Stage', {
      DefaultRouteSettings: { ThrottlingRateLimit: 30, ThrottlingBurstLimit: 30 },
      RouteSettings: Match.objectLike({
        'POST /webhooks/{source}': { ThrottlingRateLimit: 7, ThrottlingBurstLimit: 8 },
        'GET /v1/repositories/{repository}/trusted-revision': { ThrottlingRateLimit: 9, ThrottlingBurstLimit: 10 },
      }),
    });
  });

  it('is what two functions have for themselves, and no other', () => {
    const reserved = Object.values(stacks().service.findResources('AWS::Lambda::Function')).flatMap(
      ({ Properties }) => {
        const { Environment: environment, ReservedConcurrentExecutions: runs } = Properties;
        return runs === undefined ? [] : [[environment.Variables.POWERTOOLS_SERVICE_NAME, runs]];
      },
    );
    expect(Object.fromEntries(reserved)).toEqual({ webhook: 20, 'trusted-revision': 30 });
  });

  it('is how long logs are kept', () => {
    const groups = Object.entries(stacks().service.findResources('AWS::Logs::LogGroup'));
    const days = groups.map(([id, { Properties }]) => [id.includes('AccessLog'), Properties.RetentionInDays]);
    expect(days.filter(([isAccess]) => isAccess)).toEqual([[true, 7]]);
    expect(new Set(days.filter(([isAccess]) => !isAccess).map(([, each]) => each))).toEqual(new Set([365]));
  });

  it('is who gets the alerts', () => {
    stacks().service.hasResourceProperties('AWS::SNS::Subscription', {
      Protocol: 'email',
      Endpoint: 'security@example.com',
      TopicArn: { Ref: Match.stringLikeRegexp('^AlertTopic') },
    });
  });

  it('is whether X-Ray records each function, which may then write there, and cdk-nag has nothing else to say', () => {
    const { service, app } = stacks();
    service.allResourcesProperties('AWS::Lambda::Function', Match.objectLike({ TracingConfig: { Mode: 'Active' } }));
    const mayTrace = Match.objectLike({
      Action: ['xray:PutTelemetryRecords', 'xray:PutTraceSegments'],
      Resource: '*',
    });
    service.allResourcesProperties(
      'AWS::IAM::Role',
      Match.objectLike({
        Policies: [Match.objectLike({ PolicyDocument: Match.objectLike({ Statement: Match.arrayWith([mayTrace]) }) })],
      }),
    );
    expect(() => app.synth()).not.toThrow();
  });

  it('is on every resource that can be tagged, beside what tells whose it is', () => {
    for (const template of [stacks().state, stacks().service]) {
      for (const type of ['AWS::KMS::Key', 'AWS::DynamoDB::Table', 'AWS::SQS::Queue', 'AWS::Lambda::Function']) {
        for (const { Properties } of Object.values(template.findResources(type))) {
          expect(Properties.Tags).toEqual([
            { Key: 'application', Value: 'headlock' },
            { Key: 'cost-center', Value: 'platform' },
            { Key: 'headlock:installation', Value: 'headlock' },
          ]);
        }
      }
    }
  });
});

describe('another statement key', () => {
  const ARN = 'arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555';
  const first = synthesizeForTests();
  const stacks = synthesizeForTests({ 'headlock:statementKeyArn': ARN });

  it('signs in place of the first, which may sign no more', () => {
    stacks().service.hasOutput('StatementKeyArn', { Value: ARN });
    expect(JSON.stringify(stacks().service.toJSON())).not.toContain('StatementKeyAC7AA5E2');
  });

  // The state is deployed first, while the service still imports: CloudFormation refuses to drop an export that is in use.
  it('can be deployed: the state exports all that the service imported before', () => {
    const imported = [...JSON.stringify(first().service.toJSON()).matchAll(/"Fn::ImportValue":"([^"]*)"/g)];
    const exported = Object.values<{ Export?: { Name: string } }>(stacks().state.toJSON().Outputs);
    const names = exported.map(({ Export }) => Export?.Name);
    expect(imported.length).toBeGreaterThan(0);
    for (const [, name] of imported) expect(names).toContain(name);
  });

  it('leaves the first in its stack, for what that signed', () => {
    expect(stacks().state.findResources('AWS::KMS::Key')).toEqual(first().state.findResources('AWS::KMS::Key'));
  });
});
