import { PROJECT } from '../../infra/local/connection.ts';
import { ACCOUNT_ROOT } from '../../infra/local/iam/evaluate.ts';
import { parseResourcePolicy, type Statement } from '../../infra/local/iam/policy-document.ts';
import { readAssembly } from '../../infra/local/runtime/assembly.ts';
import { synthesize } from '../../infra/local/runtime/synthesize.ts';
import { ACCOUNT_ID, createArn } from '../../infra/local/services/arn.ts';
import type { Services } from '../../infra/local/services/start-services.ts';
import { readPrincipals } from '../permissions/principals.ts';
import { TABLE } from './embedded-services.ts';

/** What tests call the resources of the stacks. */
const QUEUES: Readonly<Record<string, string>> = {
  DecisionQueueDecisions: 'decisions.fifo',
  StatusQueueStatuses: 'statuses.fifo',
  SweepQueueTurns: 'sweep',
};

const KEY_POLICY = parseResourcePolicy({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 'kms:*', Resource: '*', Principal: { AWS: ACCOUNT_ROOT } }],
});

/**
 * Clients of this worker that call for the first time from now on are those of a function: what they do is evaluated
 * against its synthesized policy. Clients that called before, and `ownerOf`, stay the owner's.
 */
export async function actAs(principal: string, services: Services): Promise<void> {
  enforcePolicies(services, readPrincipals(await readAssembly(await synthesize(PROJECT))));
  const { accessKeyId, secretAccessKey } = services.credentialsOf(principal);
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey });
}

/** The settings of clients that arrange and look. */
export function ownerOf({ endpoint, region, credentials }: Services) {
  return { endpoint, region, credentials: { ...credentials } };
}

function enforcePolicies(services: Services, principals: ReadonlyMap<string, readonly Statement[]>): void {
  const arns = new Map([
    ['Table', createArn('dynamodb', `table/${TABLE}`)],
    ['AlertTopicAlerts', createArn('sns', 'alerts')],
    ...['DataKey', 'SecretsKey'].map((name) => [name, services.createKey(name, {}).arn] as const),
    ...Object.entries(QUEUES).map(([name, queue]) => [name, createArn('sqs', queue)] as const),
  ]);
  const arnOf = (name: string) => arns.get(name) ?? name;
  const keyArn = arnOf('DataKey');
  services.enforce({
    principals: [...principals].map(([name, statements]) => ({
      name,
      arn: `arn:aws:iam::${ACCOUNT_ID}:role/${name}`,
      statements: statements.map((each) => ({ ...each, resources: each.resources.map(arnOf) })),
    })),
    resourcePolicies: [keyArn, arnOf('SecretsKey')].map((arn) => ({ arn, statements: KEY_POLICY })),
    encrypted: ['Table', 'AlertTopicAlerts', ...Object.keys(QUEUES)].map((name) => ({ arn: arnOf(name), keyArn })),
    partitionKeys: new Map([[TABLE, 'pk']]),
    names: new Map([...arns].map(([name, arn]) => [arn, name])),
  });
}
