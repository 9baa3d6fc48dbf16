import { z } from 'zod';
import { parseProperties, type ResourceProperties } from '../services/resource-properties.ts';
import { type Condition, isKnownCondition } from './condition.ts';

/** One statement of a policy. */
export interface Statement {
  readonly effect: 'Allow' | 'Deny';
  /** In the policy of a resource, of whom it speaks: an ARN, the name of a service, `*`. Null in the policy of a principal. */
  readonly principals: readonly string[] | null;
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly conditions: readonly Condition[];
}

const LIST = z.union([z.string().transform((one) => [one]), z.array(z.string()).min(1)]);

const CONDITIONS = z
  .record(z.string(), z.record(z.string(), LIST))
  .default({})
  .transform((operators): readonly Condition[] =>
    Object.entries(operators).flatMap(([operator, keys]) =>
      Object.entries(keys).map(([key, values]) => ({ operator, key, values })),
    ),
  )
  .refine((conditions) => conditions.every(isKnownCondition), {
    error: 'a condition asks what nobody evaluates here: teach it to infra/local/iam/condition.ts',
  });

const COMMON = {
  Sid: z.string().optional(),
  Effect: z.enum(['Allow', 'Deny']),
  Action: LIST,
  Resource: LIST,
  Condition: CONDITIONS,
};

const PRINCIPAL = z.union([
  z.literal('*').transform(() => ['*']),
  z
    .strictObject({ AWS: LIST.optional(), Service: LIST.optional() })
    .transform(({ AWS = [], Service = [] }) => [...AWS, ...Service])
    .refine((principals) => principals.length > 0),
]);

const documentOf = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z.object({ Version: z.literal('2012-10-17'), Statement: z.array(z.strictObject({ ...COMMON, ...shape })) });

const IDENTITY = documentOf({});
const RESOURCE = documentOf({ Principal: PRINCIPAL });

/**
 * Reads the policy of a principal, all references resolved.
 * @throws HeadlockError `unsupported_resource` for an element or a condition that is not evaluated here, such as `NotAction`
 */
export function parseIdentityPolicy(document: ResourceProperties): readonly Statement[] {
  const parsed = parseProperties('policy', IDENTITY, document);
  return parsed.Statement.map((statement) => ({ ...commonOf(statement), principals: null }));
}

/** Reads the policy of a key, queue or topic. @throws HeadlockError `unsupported_resource`, alike */
export function parseResourcePolicy(document: ResourceProperties): readonly Statement[] {
  const parsed = parseProperties('policy', RESOURCE, document);
  return parsed.Statement.map((statement) => ({ ...commonOf(statement), principals: statement.Principal }));
}

function commonOf(statement: z.infer<typeof IDENTITY>['Statement'][number]): Omit<Statement, 'principals'> {
  const { Effect: effect, Action: actions, Resource: resources, Condition: conditions } = statement;
  return { effect, actions, resources, conditions };
}
