import type { Statement } from './iam-policy.ts';
import type { SynthesizedStacks } from './synthesized-stacks.ts';

export const REGION = 'eu-central-1';

/** Every principal of the stacks by name, with all statements that apply to it; names of resources stand for their ARNs. */
export function readPrincipals({ state, service }: SynthesizedStacks): ReadonlyMap<string, readonly Statement[]> {
  const exports = readExports(state.toJSON().Outputs ?? {});
  const principals = new Map<string, readonly Statement[]>();
  for (const lambda of Object.values(service.findResources('AWS::Lambda::Function'))) {
    const role = service.findResources('AWS::IAM::Role')[lambda.Properties.Role['Fn::GetAtt'][0]];
    const documents = role?.Properties.Policies.map((policy: { PolicyDocument: unknown }) => policy.PolicyDocument);
    principals.set(lambda.Properties.Environment.Variables.POWERTOOLS_SERVICE_NAME, readStatements(documents, exports));
  }
  for (const policy of Object.values(service.findResources('AWS::IAM::ManagedPolicy'))) {
    principals.set('operator', readStatements([policy.Properties.PolicyDocument], exports));
  }
  return principals;
}

type Exports = ReadonlyMap<string, string>;

function readStatements(documents: readonly { Statement: unknown[] }[], exports: Exports): readonly Statement[] {
  return documents.flatMap(({ Statement: statements }) => resolve(statements, exports) as Statement[]);
}

function readExports(outputs: Record<string, { Value: unknown; Export?: { Name: string } }>): Exports {
  return new Map(
    Object.values(outputs).flatMap(({ Value: value, Export: exported }) =>
      exported === undefined ? [] : [[exported.Name, String(resolve(value, new Map()))]],
    ),
  );
}

/** Resolves what templates compute. A resource becomes its construct's name: logical ids without their hash. */
function resolve(value: unknown, exports: Exports): unknown {
  if (Array.isArray(value)) return value.map((each) => resolve(each, exports));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  const [name, argument] = entries[0] ?? [];
  if (name === 'Ref') return argument === 'AWS::Region' ? REGION : nameOf(argument);
  if (name === 'Fn::GetAtt') return nameOf(argument[0]);
  if (name === 'Fn::Join') return (resolve(argument[1], exports) as string[]).join(argument[0]);
  if (name === 'Fn::ImportValue') return exports.get(argument);
  return Object.fromEntries(entries.map(([key, each]) => [key, resolve(each, exports)]));
}

function nameOf(logicalId: string): string {
  return logicalId.replace(/[0-9A-F]{8}$/, '');
}
