import { ACCOUNT_ID } from '../services/arn.ts';
import type { RequestedAccess } from './access.ts';
import { compileCondition, type Fit } from './condition.ts';
import type { Statement } from './policy-document.ts';
import { compileWildcard } from './wildcard.ts';

/** One thing that somebody wants to do. */
export interface AccessRequest extends RequestedAccess {
  /** The ARN of a role or a user, or the name of a service. */
  readonly principal: string;
}

export type Decision = 'allowed' | 'implicitly denied' | 'explicitly denied';

/** Statements made ready to be asked again and again. */
export interface Policy {
  readonly statements: readonly Statement[];
  /** Those that speak of an action. */
  about(action: string): readonly CompiledStatement[];
}

interface CompiledStatement {
  readonly statement: Statement;
  /** Whether it speaks of the request, whoever makes it. */
  fits(request: AccessRequest): Fit;
}

/** The account itself: in the policy of a resource it stands for whoever the account's own policies allow. */
export const ACCOUNT_ROOT = `arn:aws:iam::${ACCOUNT_ID}:root`;

export function compilePolicy(statements: readonly Statement[]): Policy {
  const compiled = statements.map((statement) => ({
    actions: statement.actions.map((action) => compileWildcard(action.toLowerCase())),
    compiled: compileStatement(statement),
  }));
  const byAction = new Map<string, readonly CompiledStatement[]>();
  return {
    statements,
    about(action) {
      let found = byAction.get(action);
      if (found === undefined) {
        // IAM tells no case in the names of actions.
        const isMeant = (matches: (text: string) => boolean) => matches(action.toLowerCase());
        found = compiled.filter(({ actions }) => actions.some(isMeant)).map((each) => each.compiled);
        byAction.set(action, found);
      }
      return found;
    },
  };
}

function compileStatement(statement: Statement): CompiledStatement {
  const resources = statement.resources.map(compileWildcard);
  const conditions = statement.conditions.map(compileCondition);
  return {
    statement,
    fits({ resource, context }) {
      if (!resources.some((matches) => matches(resource))) return false;
      let fit: Fit = true;
      for (const holds of conditions) {
        const answer = holds(context);
        if (answer === false) return false;
        if (answer === null) fit = null;
      }
      return fit;
    },
  };
}

/** What cannot be told permits nothing, and forbids. */
const appliesTo = ({ statement: { effect }, fits }: CompiledStatement, request: AccessRequest): boolean =>
  effect === 'Allow' ? fits(request) === true : fits(request) !== false;

/**
 * Decides as IAM does within one account (IAM User Guide, "Policy evaluation for requests within a single account"): a
 * Deny anywhere is final, else one Allow is enough, the principal's own or the resource's; without any the answer is no.
 * A KMS key differs (KMS Developer Guide, "Key policies"): its own policy must allow, to whoever asks or to the account,
 * which hands the question on to the principal's policy.
 *
 * @param own - of the principal; a service has none
 * @param resource - of what is asked for, where it has one
 */
export function decideAccess(request: AccessRequest, own: Policy | null, resource: Policy | null): Decision {
  let isOwnAllowed = false;
  for (const statement of own?.about(request.action) ?? []) {
    if (!appliesTo(statement, request)) continue;
    if (statement.statement.effect === 'Deny') return 'explicitly denied';
    isOwnAllowed = true;
  }
  let isNamed = false;
  let isHandedOn = !request.resource.startsWith('arn:aws:kms:');
  for (const statement of resource?.about(request.action) ?? []) {
    const { effect, principals } = statement.statement;
    const isMeant = principals?.some((one) => one === '*' || one === request.principal) ?? false;
    const isAccount = request.principal.startsWith('arn:') && (principals?.includes(ACCOUNT_ROOT) ?? false);
    if (!(isMeant || isAccount) || !appliesTo(statement, request)) continue;
    if (effect === 'Deny') return 'explicitly denied';
    if (isMeant) isNamed = true;
    else isHandedOn = true;
  }
  return isNamed || (isOwnAllowed && isHandedOn) ? 'allowed' : 'implicitly denied';
}
