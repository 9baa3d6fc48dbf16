import { parseIdentityPolicy, type Statement } from '../../infra/local/iam/policy-document.ts';
import { OPERATOR } from '../../infra/local/iam/principals.ts';
import type { Stack } from '../../infra/local/runtime/assembly.ts';
import { type References, resolve } from '../../infra/local/runtime/resolve-intrinsics.ts';
import { nameOf } from './grants.ts';

export type Templates = readonly Pick<Stack, 'resources' | 'outputs'>[];

/** Every principal of the stacks by name, with all statements of its own. Names of resources stand for their ARNs. */
export function readPrincipals(templates: Templates): ReadonlyMap<string, readonly Statement[]> {
  const principals = new Map<string, readonly Statement[]>();
  for (const { resources } of templates) {
    for (const { Type: type, Properties: properties } of Object.values(resources)) {
      if (type === 'AWS::Lambda::Function') {
        const { Environment, Role } = properties as unknown as FunctionProperties;
        const role = resources[Role['Fn::GetAtt'][0]]?.Properties as unknown as RoleProperties;
        const documents = role.Policies.map(({ PolicyDocument: document }) => document);
        const name = Environment.Variables.POWERTOOLS_SERVICE_NAME;
        principals.set(
          name,
          documents.flatMap((document) => readStatements(document, templates)),
        );
      }
      if (type === 'AWS::IAM::ManagedPolicy') {
        principals.set(OPERATOR, readStatements(properties.PolicyDocument, templates));
      }
    }
  }
  return principals;
}

interface FunctionProperties {
  readonly Environment: { readonly Variables: { readonly POWERTOOLS_SERVICE_NAME: string } };
  readonly Role: { readonly 'Fn::GetAtt': readonly [string, string] };
}

interface RoleProperties {
  readonly Policies: readonly { readonly PolicyDocument: unknown }[];
}

function readStatements(document: unknown, templates: Templates): readonly Statement[] {
  return parseIdentityPolicy(resolve(document, createReferences(templates)) as Readonly<Record<string, unknown>>);
}

/** A resource's name for each of its attributes. */
export function createReferences(templates: Templates): References {
  const references: References = {
    attribute: (logicalId) => nameOf(logicalId),
    importValue(exportName) {
      const outputs = templates.flatMap((template) => Object.values(template.outputs));
      return resolve(outputs.find(({ Export: exported }) => exported?.Name === exportName)?.Value, references);
    },
  };
  return references;
}
