/** IAM's evaluation of one principal's policies, as far as Headlock's templates need it. What it does not know, it refuses to guess. */

type OneOrMany = string | readonly string[];

export interface Statement {
  readonly Effect: 'Allow' | 'Deny';
  readonly Action: OneOrMany;
  readonly Resource: OneOrMany;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, OneOrMany>>>>;
}

export interface Request {
  readonly action: string;
  readonly resource: string;
  /** Values of condition keys; a key that is absent is absent in the request. */
  readonly context: Readonly<Record<string, readonly string[]>>;
}

export function isAllowed(statements: readonly Statement[], request: Request): boolean {
  const matching = statements.filter((statement) => applies(statement, request));
  return matching.length > 0 && matching.every((statement) => statement.Effect === 'Allow');
}

function applies(statement: Statement, { action, resource, context }: Request): boolean {
  return (
    list(statement.Action).some((pattern) => matches(pattern, action)) &&
    list(statement.Resource).some((pattern) => matches(pattern, resource)) &&
    Object.entries(statement.Condition ?? {}).every(([operator, keys]) =>
      Object.entries(keys).every(([key, wanted]) => holds(operator, context[key] ?? [], list(wanted))),
    )
  );
}

function holds(operator: string, given: readonly string[], wanted: readonly string[]): boolean {
  switch (operator) {
    case 'StringEquals':
      return given.some((value) => wanted.includes(value));
    case 'ForAllValues:StringLike':
      return given.every((value) => wanted.some((pattern) => matches(pattern, value)));
    case 'Null':
      return wanted.includes(String(given.length === 0));
    default:
      throw new Error(`Teach this evaluator the condition operator ${operator} before using it in a policy.`);
  }
}

function matches(pattern: string, value: string): boolean {
  const escaped = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${escaped}$`, 's').test(value);
}

function list(value: OneOrMany): readonly string[] {
  return typeof value === 'string' ? [value] : value;
}
