import type { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { type SynthesizedStacks, synthesizeForTests } from './synthesized-stacks.ts';

const production = synthesizeForTests();
const staging = synthesizeForTests({ 'headlock:installation': 'staging' });

/** Properties by which CloudFormation gives a resource a name of one account and region, or of all. */
const NAMING = /^(?:\w*Name|AliasName)$/;

/** What is no name of the resource itself, but of something that it refers to or sends out. */
const REFERRING = new Set(['FunctionName', 'MetricName', 'StageName', 'DisplayName', 'AttributeName', 'PolicyName']);

/** To a resource of the same template, which has its name from elsewhere. */
const isReference = (value: unknown) => typeof value === 'object' && value !== null && 'Ref' in value;

/** Every name that a template gives, as `type: name`. */
function listNames(template: Template): readonly string[] {
  const resources = Object.values<{ Type: string; Properties?: Record<string, unknown> }>(template.toJSON().Resources);
  return resources.flatMap(({ Type: type, Properties: properties = {} }) =>
    Object.entries(properties).flatMap(([key, value]) =>
      NAMING.test(key) && !REFERRING.has(key) && !isReference(value) ? [`${type}: ${JSON.stringify(value)}`] : [],
    ),
  );
}

/** Names that other stacks take values by: one account and region has each once. */
function listExports(template: Template): readonly string[] {
  const outputs = Object.values<{ Export?: { Name: string } }>(template.toJSON().Outputs ?? {});
  return outputs.flatMap(({ Export: exported }) => (exported === undefined ? [] : [exported.Name]));
}

const namesOf = ({ state, service }: SynthesizedStacks) =>
  [state, service].flatMap((template) => [...listNames(template), ...listExports(template)]).sort();

describe('two installations in one account', () => {
  it('have stacks of their own', () => {
    const stacksOf = ({ app }: SynthesizedStacks) => app.node.children.map(({ node }) => node.id);
    expect(stacksOf(production())).toEqual(expect.arrayContaining(['headlock-state', 'headlock-service']));
    expect(stacksOf(staging())).toEqual(expect.arrayContaining(['staging-state', 'staging-service']));
  });

  it('share no name: no alias, queue, alarm, API or export', () => {
    const names = namesOf(production());
    expect(names).toEqual(
      expect.arrayContaining(['AWS::KMS::Alias: "alias/headlock/data"', 'AWS::SQS::Queue: "headlock-decisions.fifo"']),
    );
    expect(names.filter((name) => namesOf(staging()).includes(name))).toEqual([]);
  });

  it('differ in names alone: whatever is named after one is named after the other', () => {
    const renamed = namesOf(staging()).map((name) => name.replaceAll('staging', 'headlock'));
    expect(renamed.sort()).toEqual(namesOf(production()));
  });

  it('import from each other nothing', () => {
    const imported = [...JSON.stringify(staging().service.toJSON()).matchAll(/"Fn::ImportValue":"([^"]*)"/g)];
    expect(imported.length).toBeGreaterThan(0);
    for (const [, name] of imported) expect(name).toMatch(/^staging-state:/);
  });

  it('are told apart by a tag', () => {
    expect(JSON.stringify(staging().state.toJSON())).toContain('{"Key":"headlock:installation","Value":"staging"}');
  });
});
