import { stackNamesOf } from '../../infra/aws/installation.ts';
import { HeadlockError } from '../../shared/model/headlock-error.ts';
import { type Caller, identifyCaller } from './caller.ts';
import { type DeployedStack, readStack } from './read-stack.ts';

/** The outputs that every command rests on. */
const NEEDED = [
  'TableName',
  'QueueUrl',
  'DecisionsDeadLettersUrl',
  'StatusesDeadLettersUrl',
  'SecretsKeyArn',
  'StatementKeyArn',
  'ApiUrl',
  'OperatorPolicyArn',
] as const;
type Needed = (typeof NEEDED)[number];

/** An installation on AWS, as its stacks tell of it. */
export interface Deployment {
  readonly installation: string;
  readonly caller: Caller;
  readonly state: DeployedStack | null;
  readonly service: DeployedStack;
  /** Of the service stack. */
  readonly outputs: Readonly<Record<Needed, string>> & Readonly<Record<string, string>>;
}

export type FindDeploymentErrorCode = 'no_such_installation' | 'broken_stack' | 'incomplete_stack';

/** What is deployed of an installation: each stack, or null. @throws HeadlockError as `explainAwsError` */
export async function readStacks(installation: string): Promise<{
  readonly state: DeployedStack | null;
  readonly service: DeployedStack | null;
}> {
  const names = stackNamesOf(installation);
  const [state, service] = await Promise.all([readStack(names.state), readStack(names.service)]);
  return { state, service };
}

/**
 * Finds an installation with the caller's own credentials and region.
 * @param isHalfGoneFine - to delete what an earlier attempt could not
 * @throws HeadlockError `no_such_installation`, `broken_stack`, `incomplete_stack`, or as `explainAwsError`
 */
export async function findDeployment(installation: string, isHalfGoneFine = false): Promise<Deployment> {
  const caller = await identifyCaller();
  const { state, service } = await readStacks(installation);
  if (service === null) throw createMissingError(installation, caller);
  const isLeft = isHalfGoneFine && service.status === 'DELETE_FAILED';
  const problem = isLeft ? null : findStackProblem(service, installation);
  if (problem !== null) throw new HeadlockError('broken_stack', problem, { kind: 'configuration' });
  return { installation, caller, state, service, outputs: readOutputs(service, installation) };
}

function createMissingError(installation: string, { account, region }: Caller): HeadlockError<FindDeploymentErrorCode> {
  const { service } = stackNamesOf(installation);
  const where = `There is no stack ${service} in account ${account}, region ${region}.`;
  const message = `${where} If that is another account or region than you meant, choose with AWS_PROFILE and AWS_REGION; else name the installation with --stack, or deploy it: \`headlock deploy --stack ${installation}\`.`;
  return new HeadlockError('no_such_installation', message, { kind: 'input' });
}

/** What keeps the commands from acting on a stack, with what to do; null where nothing does. */
export function findStackProblem({ name, status, statusReason }: DeployedStack, installation: string): string | null {
  const because = statusReason === null ? '' : ` (${statusReason.replace(/[\s.]+$/, '')})`;
  const says = `The stack ${name} is in state ${status}${because}.`;
  if (/^(?:ROLLBACK_COMPLETE|ROLLBACK_FAILED|CREATE_FAILED|ROLLBACK_IN_PROGRESS)$/.test(status))
    return `${says} It was never made whole: see its events in the CloudFormation console, delete it there, and deploy anew: \`headlock deploy --stack ${installation}\`.`;
  if (status === 'UPDATE_ROLLBACK_FAILED')
    return `${says} Mend what its events name, and choose "Continue update rollback" in the CloudFormation console.`;
  if (status === 'DELETE_FAILED')
    return `${says} Mend what its events in the CloudFormation console name, and delete it again: \`headlock destroy --stack ${installation}\`.`;
  if (status.startsWith('DELETE_'))
    return `${says} Wait until it is gone, then deploy anew: \`headlock deploy --stack ${installation}\`.`;
  if (status === 'REVIEW_IN_PROGRESS')
    return `${says} Its deployment was cut off before anything was made. Deploy again: \`headlock deploy --stack ${installation}\`.`;
  if (status === 'CREATE_IN_PROGRESS') return `${says} Wait until it is complete, and try again.`;
  return null;
}

function readOutputs({ name, outputs }: DeployedStack, installation: string): Deployment['outputs'] {
  const missing = NEEDED.filter((output) => outputs[output] === undefined);
  if (missing.length === 0) return outputs as Deployment['outputs'];
  const message = `The stack ${name} does not put out ${missing.join(', ')}. It comes from another version of Headlock: \`headlock deploy --stack ${installation}\` brings it up to this one.`;
  throw new HeadlockError('incomplete_stack', message, { kind: 'configuration' });
}
