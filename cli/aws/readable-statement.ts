import { z } from 'zod';

const oneOrMany = <Value extends z.ZodType>(value: Value) =>
  z.union([value, z.array(value)]).transform((given) => [given].flat());
const value: z.ZodType<unknown> = z.unknown();

/** A statement of an IAM policy as CloudFormation has it, with its intrinsic functions. */
export const statementSchema = z.object({
  Effect: z.enum(['Allow', 'Deny']),
  Action: oneOrMany(z.string()).default([]),
  NotAction: oneOrMany(z.string()).default([]),
  Resource: oneOrMany(value).default([]),
  Principal: value.optional(),
  Condition: z.record(z.string(), z.record(z.string(), value)).default({}),
});
export type Statement = z.infer<typeof statementSchema>;

/** For people: what is allowed, on what, and on which condition. */
export interface ReadableStatement {
  readonly effect: 'allow' | 'deny';
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  /** Of a resource's own policy: to whom. */
  readonly principals: readonly string[];
  readonly conditions: readonly string[];
}

export function readStatement({
  Effect,
  Action,
  NotAction,
  Resource,
  Principal,
  Condition,
}: Statement): ReadableStatement {
  const actions = [...Action, ...NotAction.map((action) => `all but ${action}`)];
  const conditions = Object.entries(Condition).flatMap(([operator, about]) =>
    Object.entries(about).map(([key, wanted]) => readCondition(operator, key, [wanted].flat().map(readValue))),
  );
  const principals =
    typeof Principal === 'object' && Principal !== null ? Object.values(Principal).flat() : [Principal ?? []].flat();
  return {
    effect: Effect === 'Allow' ? 'allow' : 'deny',
    actions,
    resources: Resource.map(readValue),
    principals: principals.map(readValue),
    conditions,
  };
}

function readCondition(operator: string, key: string, wanted: readonly string[]): string {
  if (operator === 'Null') return `${key} is ${wanted[0] === 'true' ? 'missing' : 'there'}`;
  return `${key} ${operator} ${wanted.join(' | ')}`;
}

/** A value of a template as a short text: `Table.Arn`, `headlock-state:ExportsOutput…`, `arn:…:${Api}/*`. */
export function readValue(given: unknown): string {
  if (typeof given !== 'object' || given === null) return String(given);
  const [[name, argument] = ['', null]] = Object.entries(given);
  switch (name) {
    case 'Ref':
      return shortId(String(argument).replace(/^AWS::/, ''));
    case 'Fn::GetAtt':
      return shortId([argument].flat().join('.')).replace(/\.Arn$/, '');
    case 'Fn::ImportValue':
      return shortId(readValue(argument).replace(/^(.*?):ExportsOutput(?:FnGetAtt|Ref)(.*)$/, '$1:$2'));
    case 'Fn::Join':
      return joined(argument);
    case 'Fn::Sub':
      return [argument].flat().map(String)[0] ?? '';
    default:
      return JSON.stringify(given);
  }
}

function joined(argument: unknown): string {
  const [separator, parts] = Array.isArray(argument) ? argument : ['', []];
  const texts = Array.isArray(parts)
    ? parts.map((part) => (typeof part === 'object' ? `{${readValue(part)}}` : String(part)))
    : [];
  return texts.join(String(separator)).replace(/\{(?:Partition|URLSuffix|Region|AccountId)\}/g, '…');
}

/** Without the digits by which CDK tells ids apart. */
function shortId(text: string): string {
  return text.replace(/Arn[0-9A-F]{8}$/, '').replace(/(?<=[a-z])[0-9A-F]{8}(?=\.|$)/g, '');
}
