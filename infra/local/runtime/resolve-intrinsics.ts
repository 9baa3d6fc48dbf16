import { ACCOUNT_ID, REGION } from '../services/arn.ts';

/** What a template's intrinsic functions refer to. */
export interface References {
  /** An attribute of a resource; what `Ref` gives is the attribute `Ref`. */
  attribute(logicalId: string, name: string): unknown;
  importValue(exportName: string): unknown;
}

/** Properties without a meaning on this machine: what they refer to is not made. */
const UNUSED_PROPERTIES: ReadonlySet<string> = new Set(['AssumeRolePolicyDocument', 'S3Bucket']);

const PSEUDO_PARAMETERS: Readonly<Record<string, string>> = {
  'AWS::AccountId': ACCOUNT_ID,
  'AWS::Partition': 'aws',
  'AWS::Region': REGION,
};

/** Resolves CloudFormation's intrinsic functions in a value. @throws Error for one that is not known here */
export function resolve(value: unknown, references: References): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => resolve(item, references));
  const entries = Object.entries(value);
  const [name, argument] = entries[0] ?? [''];
  if (entries.length === 1 && (name === 'Ref' || name.startsWith('Fn::'))) return call(name, argument, references);
  const used = entries.filter(([key]) => !UNUSED_PROPERTIES.has(key));
  return Object.fromEntries(used.map(([key, item]) => [key, resolve(item, references)]));
}

function call(name: string, argument: unknown, references: References): unknown {
  switch (name) {
    case 'Ref':
      return PSEUDO_PARAMETERS[String(argument)] ?? references.attribute(String(argument), 'Ref');
    case 'Fn::GetAtt': {
      const [logicalId, attribute] = argument as [string, string];
      return references.attribute(logicalId, attribute);
    }
    case 'Fn::ImportValue':
      return references.importValue(String(argument));
    case 'Fn::Join': {
      const [separator, parts] = resolve(argument, references) as [string, readonly unknown[]];
      return parts.join(separator);
    }
    default:
      throw new Error(`${name} is not known here.`);
  }
}
