import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { PROJECT } from '../../infra/local/connection.ts';
import { ACCOUNT_ROOT } from '../../infra/local/iam/evaluate.ts';
import { parseResourcePolicy } from '../../infra/local/iam/policy-document.ts';
import { readAssembly } from '../../infra/local/runtime/assembly.ts';
import { synthesize } from '../../infra/local/runtime/synthesize.ts';
import { ACCOUNT_ID, createArn } from '../../infra/local/services/arn.ts';
import type { Credentials } from '../../infra/local/services/signature-v4.ts';
import type { Services } from '../../infra/local/services/start-services.ts';
import { readPrincipals } from '../permissions/principals.ts';
import { currentServices, TABLE } from './embedded-services.ts';
import { STATEMENT_KEY } from './statements.ts';

/** What tests call the queues of the stacks. */
const QUEUES: Readonly<Record<string, readonly string[]>> = {
  DecisionQueueDecisions: ['decisions.fifo', 'headlock-decisions.fifo'],
  DecisionQueueDeadLetters: ['headlock-decisions-dead-letters.fifo'],
  StatusQueueStatuses: ['statuses.fifo', 'headlock-statuses.fifo'],
  StatusQueueDeadLetters: ['headlock-statuses-dead-letters.fifo'],
  SweepQueueTurns: ['sweep'],
};

const KEYS = ['DataKey', 'SecretsKey', 'StatementKey'];
const KEY_POLICY = parseResourcePolicy({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 'kms:*', Resource: '*', Principal: { AWS: ACCOUNT_ROOT } }],
});

/** Whose policies are in force already. */
const enforced = new WeakMap<Services, Promise<void>>();

/** The access key of a principal of the stacks: what it signs is evaluated against that principal's synthesized policy. */
export async function credentialsAs(principal: string, services = currentServices()): Promise<Credentials> {
  const enforcing = enforced.get(services) ?? enforcePolicies(services);
  enforced.set(services, enforcing);
  await enforcing;
  return { ...services.credentialsOf(principal) };
}

/** Clients of this worker that call for the first time from now on, such as those of a handler, are the principal's. */
export async function actAs(principal: string, services = currentServices()): Promise<void> {
  const { accessKeyId, secretAccessKey } = await credentialsAs(principal, services);
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey });
}

/** The table, as that principal may use it. */
export function dynamoAs(principal: string): DynamoDBClient {
  return new DynamoDBClient({ credentials: () => credentialsAs(principal) });
}

/** What of the table a test arranges, or looks at. */
export function dynamoOfOwner(): DynamoDBClient {
  return new DynamoDBClient(ownerOf(currentServices()));
}

/** The settings of clients that arrange and look. */
export function ownerOf({ endpoint, region, credentials }: Services) {
  return { endpoint, region, credentials: { ...credentials } };
}

async function enforcePolicies(services: Services): Promise<void> {
  const principals = readPrincipals(await readAssembly(await synthesize(PROJECT)));
  const arns = new Map<string, readonly string[]>([
    ['Table', [createArn('dynamodb', `table/${TABLE}`)]],
    ['AlertTopicAlerts', [createArn('sns', 'alerts')]],
    ...['DataKey', 'SecretsKey'].map((name) => [name, [services.createKey(name, {}).arn]] as const),
    ['StatementKey', [services.createKey('StatementKey', STATEMENT_KEY).arn]],
    ...Object.entries(QUEUES).map(([name, queues]) => [name, queues.map((queue) => createArn('sqs', queue))] as const),
  ]);
  const arnsOf = (name: string) => arns.get(name) ?? [name];
  const [keyArn = ''] = arnsOf('DataKey');
  services.enforce({
    principals: [...principals].map(([name, statements]) => ({
      name,
      arn: `arn:aws:iam::${ACCOUNT_ID}:role/${name}`,
      statements: statements.map((each) => ({ ...each, resources: each.resources.flatMap(arnsOf) })),
    })),
    resourcePolicies: KEYS.flatMap(arnsOf).map((arn) => ({ arn, statements: KEY_POLICY })),
    encrypted: ['Table', 'AlertTopicAlerts', ...Object.keys(QUEUES)].flatMap(arnsOf).map((arn) => ({ arn, keyArn })),
    partitionKeys: new Map([[TABLE, 'pk']]),
    names: new Map([...arns].flatMap(([name, each]) => each.map((arn) => [arn, name] as const))),
  });
}
