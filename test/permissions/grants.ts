import type { DecidedAccess } from '../../infra/local/iam/access-control.ts';
import type { Condition, RequestContext } from '../../infra/local/iam/condition.ts';
import { compilePolicy } from '../../infra/local/iam/evaluate.ts';
import type { Statement } from '../../infra/local/iam/policy-document.ts';
import { compileWildcard } from '../../infra/local/iam/wildcard.ts';

/**
 * The smallest thing that a policy gives: one action on one resource, for one of the values that a condition lists.
 * As text: `verify dynamodb:PutItem Table branch:*`.
 */
export type Grant = string;

/** Without CDK's hash. */
export function nameOf(logicalId: string): string {
  return logicalId.replace(/[0-9A-F]{8}$/, '');
}

/** All that the statements give, each as often as it is given. Their resources are names already. */
export function listGrants(principal: string, statements: readonly Statement[]): readonly Grant[] {
  return statements
    .filter(({ effect }) => effect === 'Allow')
    .flatMap(({ actions, resources, conditions }) =>
      product([[principal], actions, resources, ...conditions.filter(isChoice).map(({ values }) => values)]),
    );
}

/** What of its principal's grants an allowed access rested on. */
export function listUsedGrants({ principal, request, resourceName, statements }: DecidedAccess): readonly Grant[] {
  const { action, resource, context } = request;
  return compilePolicy(statements)
    .about(action)
    .filter(({ statement, fits }) => statement.effect === 'Allow' && fits(request) === true)
    .flatMap(({ statement: { actions, resources, conditions } }) => {
      const usedActions = actions.filter((pattern) => compileWildcard(pattern.toLowerCase())(action.toLowerCase()));
      const usedResources = resources.filter((pattern) => compileWildcard(pattern)(resource));
      const names = usedResources.map((pattern) => (pattern === resource ? nameOf(resourceName) : pattern));
      const choices = conditions.filter(isChoice).map((condition) => chosenOf(condition, context));
      return product([[principal], usedActions, names, ...choices]);
    });
}

/** A condition that lists what there is to choose from; the others only say how. */
function isChoice({ operator }: Condition): boolean {
  return operator !== 'Null' && operator !== 'Bool';
}

function chosenOf({ key, values }: Condition, context: RequestContext): readonly string[] {
  return values.filter((pattern) => (context[key] ?? []).some(compileWildcard(pattern)));
}

function product(parts: readonly (readonly string[])[]): readonly string[] {
  return parts.reduce((texts, part) => texts.flatMap((text) => part.map((each) => `${text} ${each}`.trim())), ['']);
}
