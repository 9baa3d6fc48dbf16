import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { METRICS, type MetricDescription } from '../../../shared/lambda/metric-list.ts';
import { synthesizeForTests } from './synthesized-stacks.ts';

const plain = synthesizeForTests();
const withCanary = synthesizeForTests({ 'headlock:canary': { repository: 'canary' } });
const OPERATIONS = readFileSync(new URL('../../../docs/operations.md', import.meta.url), 'utf8');
const INSTALLATION = 'headlock';

interface AlarmProperties {
  readonly AlarmName: string;
  readonly AlarmDescription: string;
  readonly AlarmActions: readonly unknown[];
  readonly OKActions?: readonly unknown[];
  readonly Namespace: string;
  readonly MetricName: string;
  readonly Dimensions?: readonly { readonly Name: string; readonly Value: unknown }[];
  readonly Period: number;
  readonly EvaluationPeriods: number;
  readonly Threshold: number;
  readonly ComparisonOperator: string;
  readonly TreatMissingData: string;
}

function alarmsOf(stacks: ReturnType<typeof plain>): ReadonlyMap<string, AlarmProperties> {
  const alarms = Object.values(stacks.service.findResources('AWS::CloudWatch::Alarm'));
  return new Map(
    alarms.map(({ Properties }) => [Properties.AlarmName.replace(`${INSTALLATION}-`, ''), Properties] as const),
  );
}

/** The sections of the runbooks, by their headings. */
function readRunbooks(): ReadonlyMap<string, string> {
  const [, runbooks = ''] = OPERATIONS.split('\n## Runbooks\n');
  const [part = ''] = runbooks.split('\n## ');
  return new Map(
    part
      .split('\n### ')
      .slice(1)
      .map((section) => [section.split('\n', 1)[0] ?? '', section]),
  );
}

describe('alarms', () => {
  it('are named after their installation, have a reason, and all tell the topic when they are set off', () => {
    const [topic] = Object.keys(plain().service.findResources('AWS::SNS::Topic'));
    const names = Object.values(withCanary().service.findResources('AWS::CloudWatch::Alarm')).map(
      ({ Properties }) => Properties.AlarmName,
    );
    expect(new Set(names).size).toBe(names.length);
    for (const [name, alarm] of alarmsOf(plain())) {
      expect(alarm.AlarmName).toBe(`${INSTALLATION}-${name}`);
      expect(name).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
      expect(alarm.AlarmDescription).toMatch(new RegExp(`^.{30,}\\. Runbook: docs/operations\\.md#${name}$`));
      expect(alarm.AlarmActions).toEqual([{ Ref: topic }]);
      // Whoever mends something sees it: nobody is woken by good news.
      expect(alarm.OKActions).toBeUndefined();
      // CloudWatch's longest time to look back.
      expect(alarm.Period * alarm.EvaluationPeriods).toBeLessThanOrEqual(86_400);
    }
  });

  it('have a runbook each, that says what it means, how to look and what to do, with commands; and there is no other', () => {
    const runbooks = readRunbooks();
    expect([...runbooks.keys()].toSorted()).toEqual([...alarmsOf(withCanary()).keys()].toSorted());
    for (const [name, text] of runbooks) {
      expect([name, ...(text.match(/\*\*(Means|Look|Do)\.\*\*/g) ?? [])]).toEqual([
        name,
        '**Means.**',
        '**Look.**',
        '**Do.**',
      ]);
      expect([name, /^ {0,3}```sh\n|`[a-z][^`]+`/m.test(text)]).toEqual([name, true]);
    }
  });

  it('have runbooks that name logs by the start of one group each, and no other', () => {
    const named = [...readRunbooks().values()].flatMap((text) => [...text.matchAll(/`(?:errors|log) (\w+)/g)]);
    const groups = Object.keys(withCanary().service.findResources('AWS::Logs::LogGroup'));
    expect(named.length).toBeGreaterThan(20);
    for (const [command, name = ''] of named)
      expect([command, groups.filter((id) => id.startsWith(name)).length]).toEqual([command, 1]);
  });

  it('watch errors and throttles of every function that is deployed, each schedule, and every queue', () => {
    const names = [...alarmsOf(withCanary()).keys()];
    const functions = Object.values(withCanary().service.findResources('AWS::Lambda::Function')).map(
      ({ Properties }) => Properties.Environment.Variables.POWERTOOLS_SERVICE_NAME,
    );
    expect(functions).toHaveLength(7);
    const expected = functions.flatMap((name) => [`${name}-errors`, `${name}-throttles`]);
    expect(names).toEqual(expect.arrayContaining([...expected, 'sweep-silence', 'canary-silence']));
    const watched = JSON.stringify([...alarmsOf(plain()).values()].map(({ Dimensions }) => Dimensions));
    for (const id of Object.keys(plain().service.findResources('AWS::SQS::Queue'))) expect(watched).toContain(id);
    expect(alarmsOf(plain()).get('sweep-silence')).toMatchObject({
      ...{ TreatMissingData: 'breaching', MetricName: 'Invocations', Period: 900, Threshold: 1 },
      ComparisonOperator: 'LessThanThreshold',
    });
  });

  it('watch whether the table refuses reads and writes, which a function tells of by no error of its own', () => {
    for (const what of ['Read', 'Write']) {
      const alarm = alarmsOf(plain()).get(`table-${what.toLowerCase()}-throttles`);
      expect(alarm).toMatchObject({ Namespace: 'AWS/DynamoDB', MetricName: `${what}ThrottleEvents`, Threshold: 100 });
      expect(JSON.stringify(alarm?.Dimensions)).toMatch(/"TableName","Value":\{"Fn::ImportValue":"headlock-state:/);
    }
  });

  it('watch what API Gateway refuses as too much, as its access log tells', () => {
    const [filter, ...others] = Object.values(plain().service.findResources('AWS::Logs::MetricFilter')).map(
      ({ Properties }) => Properties,
    );
    expect(others).toEqual([]);
    const [{ MetricName, MetricNamespace, MetricValue }] = filter.MetricTransformations;
    expect(MetricValue).toBe('1');
    expect(filter.LogGroupName.Ref).toMatch(/^PublicApiAccessLog/);
    expect(alarmsOf(plain()).get('api-throttles')).toMatchObject({
      Namespace: MetricNamespace,
      MetricName,
      Period: 300,
    });
    // The log holds texts alone.
    const [, field = '', value] = /^\{ \$\.(\w+) = "(\d+)" \}$/.exec(filter.FilterPattern) ?? [];
    const [stage] = Object.values(plain().service.findResources('AWS::ApiGatewayV2::Stage'));
    expect([JSON.parse(stage?.Properties.AccessLogSettings.Format)[field], value]).toEqual(['$context.status', '429']);
  });

  it('on our own metrics name one that is emitted, by the function that emits it, in the namespace of the installation', () => {
    const functions = Object.values(plain().service.findResources('AWS::Lambda::Function'));
    const own = [...alarmsOf(plain()).values()].filter(
      ({ Namespace, MetricName }) => !Namespace.startsWith('AWS/') && MetricName !== 'headlock_api_throttled_total',
    );
    expect(own.length).toBeGreaterThan(5);
    for (const { Namespace, MetricName, Dimensions } of own) {
      const metric: MetricDescription | undefined = Object.entries(METRICS).find(([name]) => name === MetricName)?.[1];
      const services = metric?.services.map((service) => [{ Name: 'service', Value: service }]);
      expect(services).toContainEqual(Dimensions);
      for (const { Properties } of functions)
        expect(Properties.Environment.Variables.POWERTOOLS_METRICS_NAMESPACE).toBe(Namespace);
    }
    const other = synthesizedNames(withCanary());
    expect(other).toEqual(new Set(['Headlock/headlock']));
  });

  it('of keys are set off 30, 7 and 1 days before the end', () => {
    const keys = [...alarmsOf(plain())].filter(([name]) => name.startsWith('key-expiring'));
    expect(keys.map(([, { Threshold, ComparisonOperator }]) => [Threshold, ComparisonOperator])).toEqual([
      [30, 'LessThanThreshold'],
      [7, 'LessThanThreshold'],
      [1, 'LessThanThreshold'],
    ]);
  });
});

function synthesizedNames(stacks: ReturnType<typeof plain>): ReadonlySet<string> {
  return new Set(
    [...alarmsOf(stacks).values()].map(({ Namespace }) => Namespace).filter((each) => !each.startsWith('AWS/')),
  );
}

describe('the canary', () => {
  it('is known to the functions that measure, which leave it out', () => {
    const knowing = Object.values(withCanary().service.findResources('AWS::Lambda::Function'))
      .map(({ Properties }) => Properties.Environment.Variables)
      .filter(({ HEADLOCK_CANARY_REPOSITORY: repository }) => repository === 'canary')
      .map(({ POWERTOOLS_SERVICE_NAME: name }) => name);
    expect(knowing.toSorted()).toEqual(['canary', 'compare-refs', 'verify']);
  });
});

describe('the dashboard', () => {
  it('is named after its installation, and its URL is put out', () => {
    plain().service.hasResourceProperties('AWS::CloudWatch::Dashboard', { DashboardName: INSTALLATION });
    expect(JSON.stringify(plain().service.toJSON().Outputs.DashboardUrl)).toContain(
      `#dashboards/dashboard/${INSTALLATION}`,
    );
  });

  it('shows every metric and every alarm', () => {
    const [dashboard] = Object.values(plain().service.findResources('AWS::CloudWatch::Dashboard'));
    const body = JSON.stringify(dashboard?.Properties.DashboardBody);
    // That of the age of a branch is for those who ask for one branch.
    for (const name of Object.keys(METRICS)) {
      if (name !== 'headlock_trusted_age_seconds') expect(body).toContain(name);
    }
    for (const id of Object.keys(plain().service.findResources('AWS::CloudWatch::Alarm'))) expect(body).toContain(id);
  });
});
