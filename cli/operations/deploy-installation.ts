import { stackNamesOf } from '../../infra/aws/installation.ts';
import { HeadlockError } from '../../shared/model/headlock-error.ts';
import { checkBootstrap } from '../aws/bootstrap.ts';
import { type Caller, identifyCaller } from '../aws/caller.ts';
import { findStackProblem, readStacks } from '../aws/find-deployment.ts';
import type { DeployedStack } from '../aws/read-stack.ts';
import type { RunCdk } from '../aws/run-cdk.ts';
import { amiss, type Finding, ok } from '../finding.ts';

export interface DeployRequest {
  readonly installation: string;
  /** Of the synthesized stacks: what is shown is what is deployed. */
  readonly folder: string;
}

export interface DeployPorts {
  readonly runCdk: RunCdk;
  report(findings: readonly Finding[]): void;
  /** Whether to go on, once the changes have been shown. */
  confirm(caller: Caller): Promise<boolean>;
}

export interface DeployedInstallation {
  readonly caller: Caller;
  /** Null where it was not to go on. */
  readonly service: DeployedStack | null;
}

/**
 * Checks the account, shows what changes, and deploys once that is confirmed.
 * @throws HeadlockError `not_ready` where a check fails, `cdk_failed`, or as `explainAwsError`
 */
export async function deployInstallation(
  { installation, folder }: DeployRequest,
  { runCdk, report, confirm }: DeployPorts,
): Promise<DeployedInstallation> {
  const caller = await identifyCaller();
  report([ok(`You are ${caller.arn}, in account ${caller.account}, region ${caller.region}`)]);
  const findings = [await checkBootstrap(caller), ...(await checkStacks(installation))];
  report(findings);
  const problem = findings.find(({ outcome }) => outcome === 'amiss');
  if (problem !== undefined)
    throw new HeadlockError('not_ready', `Nothing was deployed: ${problem.what}. ${problem.remedy}`, {
      kind: 'configuration',
    });

  const names = Object.values(stackNamesOf(installation));
  const run = async (args: readonly string[]) => {
    // The CDK looks for the region in more places than the SDK: it is to be the one that was shown.
    const status = await runCdk([...args, '--app', folder, '--region', caller.region]);
    if (status === 0) return;
    const message = `\`cdk ${args.join(' ')}\` ended with status ${status}: what it said stands above. Mend that and deploy again; what is done already is not done twice.`;
    throw new HeadlockError('cdk_failed', message, { kind: 'upstream' });
  };
  await run(['diff', ...names]);
  if (!(await confirm(caller))) return { caller, service: null };
  // The IAM changes were shown and confirmed above.
  await run(['deploy', ...names, '--require-approval', 'never', '--progress', 'events']);
  const { service } = await readStacks(installation);
  return { caller, service };
}

async function checkStacks(installation: string): Promise<readonly Finding[]> {
  const stacks = Object.values(await readStacks(installation)).filter((stack) => stack !== null);
  if (stacks.length === 0) return [ok(`There is no installation ${installation} yet: it is made`)];
  return stacks.map((stack) => {
    // The CDK takes it from there; by itself it would stay for ever.
    if (stack.status === 'REVIEW_IN_PROGRESS')
      return ok(`The stack ${stack.name} was begun, and nothing of it is there yet (${stack.status}): it is made`);
    const problem = /_IN_PROGRESS$/.test(stack.status)
      ? `The stack ${stack.name} is being changed by somebody (${stack.status}). Wait until that is done, and deploy again.`
      : findStackProblem(stack, installation);
    if (problem === null) return ok(`The stack ${stack.name} is there (${stack.status}): it is updated`);
    const [what = '', ...remedy] = problem.split(/(?<=\.) /);
    return amiss(what.replace(/\.$/, ''), remedy.join(' '));
  });
}
