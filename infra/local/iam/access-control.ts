import { channel } from 'node:diagnostics_channel';
import { AwsError } from '../services/aws-error.ts';
import type { Interceptor } from '../services/dispatch.ts';
import type { RequestedAccess } from './access.ts';
import { type AccessRequest, compilePolicy, type Decision, decideAccess, type Policy } from './evaluate.ts';
import { type EncryptedResource, prepareKeyUse } from './key-use.ts';
import type { Statement } from './policy-document.ts';
import { readRequestedAccess } from './requested-access.ts';

/** Who may do what, as the stacks have it. */
export interface AccessRules {
  readonly principals: readonly {
    readonly name: string;
    readonly arn: string;
    readonly statements: readonly Statement[];
  }[];
  /** Of keys, queues and topics. */
  readonly resourcePolicies: readonly { readonly arn: string; readonly statements: readonly Statement[] }[];
  readonly encrypted: readonly EncryptedResource[];
  /** By the table's name. */
  readonly partitionKeys: ReadonlyMap<string, string>;
  /** What the template calls a resource, by its ARN: for those who watch. */
  readonly names: ReadonlyMap<string, string>;
}

/** What is told of each decision in the channel `headlock:access`. */
export interface DecidedAccess {
  /** A principal's name in the rules. */
  readonly principal: string;
  readonly request: AccessRequest;
  readonly decision: Decision;
  /** The resource's logical id. */
  readonly resourceName: string;
  /** Of the principal. */
  readonly statements: readonly Statement[];
}

export type AccessControl = ReturnType<typeof createAccessControl>;

const decided = channel('headlock:access');

/** Evaluates each call against the rules before it is performed. The owner of the data folder stands above them. */
export function createAccessControl(owner: string) {
  const principals = new Map<string, { readonly arn: string; readonly policy: Policy }>();
  const resourcePolicies = new Map<string, Policy>();
  const keyUses = new Map<string, (action: string) => readonly RequestedAccess[]>();
  const partitionKeys = new Map<string, string>();
  const names = new Map<string, string>();
  const partitionKeyOf = (table: string) => partitionKeys.get(table) ?? 'pk';

  /** @throws AwsError as the service in question refuses */
  function demand(principal: string, access: RequestedAccess, through: string | null = null): void {
    const { arn, policy } = principals.get(principal) ?? { arn: principal, policy: null };
    const request = { ...access, principal: arn };
    const decision = decideAccess(request, policy, resourcePolicies.get(access.resource) ?? null);
    if (decided.hasSubscribers) {
      const resourceName = names.get(access.resource) ?? access.resource;
      const statements = policy?.statements ?? [];
      decided.publish({ principal, request, decision, resourceName, statements } satisfies DecidedAccess);
    }
    if (decision !== 'allowed') throw createRefusal(request, decision, through);
  }

  /** @param access - of the principal's own; what its service asks of a key besides comes with it */
  function demandAll(principal: string, access: RequestedAccess): void {
    demand(principal, access);
    for (const use of keyUses.get(access.resource)?.(access.action) ?? []) demand(principal, use, access.action);
  }

  const intercept: Interceptor = async (call, perform) => {
    if (call.principal === owner) return perform();
    const accesses = readRequestedAccess(call, partitionKeyOf);
    if (accesses.length === 0) {
      const message = `What ${call.service}.${call.operation} needs is not known: teach it to infra/local/iam/requested-access.ts.`;
      throw new AwsError('AccessDeniedException', message);
    }
    for (const access of accesses) demandAll(call.principal, access);
    return perform();
  };

  return {
    intercept,
    demand: demandAll,
    /** In place of the rules so far. Until there are some, only the owner may do anything. */
    enforce(rules: AccessRules): void {
      for (const map of [principals, resourcePolicies, keyUses, partitionKeys, names]) map.clear();
      for (const { name, arn, statements } of rules.principals) {
        principals.set(name, { arn, policy: compilePolicy(statements) });
      }
      for (const [arn, policies] of Map.groupBy(rules.resourcePolicies, (policy) => policy.arn)) {
        resourcePolicies.set(arn, compilePolicy(policies.flatMap(({ statements }) => statements)));
      }
      for (const resource of rules.encrypted) keyUses.set(resource.arn, prepareKeyUse(resource));
      for (const [table, key] of rules.partitionKeys) partitionKeys.set(table, key);
      for (const [arn, name] of rules.names) names.set(arn, name);
    },
  };
}

/** In the words of the service: of a key it says so by another name, except for DynamoDB. */
const REFUSALS: Readonly<Record<string, readonly [name: string, status: number]>> = {
  sns: ['AuthorizationError', 403],
  'kms through sqs': ['KmsAccessDenied', 400],
  'kms through sns': ['KMSAccessDenied', 400],
};

function createRefusal(
  { principal, action, resource }: AccessRequest,
  decision: Exclude<Decision, 'allowed'>,
  through: string | null,
): AwsError {
  const serviceOf = (name: string) => name.slice(0, name.indexOf(':'));
  const service = serviceOf(action) + (through === null ? '' : ` through ${serviceOf(through)}`);
  const [name, status] = REFUSALS[service] ?? ['AccessDeniedException', 400];
  const why =
    decision === 'explicitly denied'
      ? 'with an explicit deny in a policy'
      : `because no identity-based policy allows the ${action} action`;
  return new AwsError(
    name,
    `User: ${principal} is not authorized to perform: ${action} on resource: ${resource} ${why}`,
    status,
  );
}
