import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { type ReadableStatement, readStatement, statementSchema } from './readable-statement.ts';

/** What a stack brings, for people. */
export interface StackSummary {
  readonly name: string;
  readonly description: string;
  /** How many resources of each type. */
  readonly resources: Readonly<Record<string, number>>;
  readonly grants: readonly Grant[];
  /** Each output with its description. */
  readonly outputs: Readonly<Record<string, string>>;
}

/** What one role, policy or resource lets whom do. */
export interface Grant {
  /** The resource that says so, by its name in the template's tree. */
  readonly by: string;
  readonly type: string;
  /** Of a role: who may take it. */
  readonly assumedBy: readonly string[];
  readonly statements: readonly ReadableStatement[];
}

const DOCUMENT = z.object({ Statement: z.array(statementSchema) });
const RESOURCE = z.object({
  Type: z.string(),
  Properties: z
    .looseObject({
      AssumeRolePolicyDocument: DOCUMENT.optional(),
      Policies: z.array(z.object({ PolicyDocument: DOCUMENT })).default([]),
      PolicyDocument: DOCUMENT.optional(),
      KeyPolicy: DOCUMENT.optional(),
    })
    .prefault({}),
  Metadata: z.looseObject({ 'aws:cdk:path': z.string().optional() }).optional(),
});
const TEMPLATE = z.object({
  Description: z.string().default(''),
  Resources: z.record(z.string(), RESOURCE),
  Outputs: z.record(z.string(), z.object({ Description: z.string().optional() })).default({}),
});

/** What CDK adds for itself. */
const INCIDENTAL = new Set(['AWS::CDK::Metadata']);

/** @param folder - of the synthesized stacks */
export async function summarizeStack(folder: string, name: string): Promise<StackSummary> {
  const template = TEMPLATE.parse(JSON.parse(await readFile(join(folder, `${name}.template.json`), 'utf8')));
  const resources = Object.entries(template.Resources).filter(([, { Type }]) => !INCIDENTAL.has(Type));
  const counts = Map.groupBy(resources, ([, { Type }]) => Type);
  const described = Object.entries(template.Outputs).flatMap(([output, { Description: text }]) =>
    text === undefined ? [] : [[output, text] as const],
  );
  return {
    name,
    description: template.Description,
    resources: Object.fromEntries([...counts].map(([type, { length }]) => [type, length]).toSorted()),
    grants: resources
      .map(([id, resource]) => readGrant(id, resource))
      .filter(({ statements }) => statements.length > 0),
    outputs: Object.fromEntries(described),
  };
}

function readGrant(id: string, { Type: type, Properties, Metadata }: z.infer<typeof RESOURCE>): Grant {
  const { AssumeRolePolicyDocument: trust, Policies, PolicyDocument, KeyPolicy } = Properties;
  const documents = [...Policies.map((policy) => policy.PolicyDocument), PolicyDocument ?? [], KeyPolicy ?? []].flat();
  const path = Metadata?.['aws:cdk:path']?.split('/').slice(1, -1).join('/');
  return {
    by: path === undefined || path === '' ? id : path,
    type,
    assumedBy: trust?.Statement.flatMap((statement) => readStatement(statement).principals) ?? [],
    statements: documents.flatMap(({ Statement }) => Statement.map(readStatement)),
  };
}
