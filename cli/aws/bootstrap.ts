import { amiss, type Finding, ok } from '../finding.ts';
import type { Caller } from './caller.ts';
import { readStack } from './read-stack.ts';

const BOOTSTRAP_STACK = 'CDKToolkit';

/** What the CDK's modern synthesis needs, as its manifests say. */
const NEEDED_VERSION = 6;

/** Whether the account and region are ready for the CDK. @throws HeadlockError as `explainAwsError` */
export async function checkBootstrap({ account, region }: Caller): Promise<Finding> {
  const stack = await readStack(BOOTSTRAP_STACK);
  const remedy = `Run \`npx cdk bootstrap aws://${account}/${region}\` once, as an administrator.`;
  if (stack === null) return amiss(`The CDK was never set up in account ${account}, region ${region}`, remedy);
  const version = Number(stack.outputs.BootstrapVersion);
  if (!/_COMPLETE$/.test(stack.status) || stack.status.startsWith('DELETE_') || stack.status === 'ROLLBACK_COMPLETE')
    return amiss(
      `The stack ${BOOTSTRAP_STACK} is in state ${stack.status}`,
      `Mend it in the CloudFormation console. ${remedy}`,
    );
  if (!(version >= NEEDED_VERSION))
    return amiss(
      `The CDK is set up by version ${stack.outputs.BootstrapVersion ?? '?'}, and ${NEEDED_VERSION} is needed`,
      remedy,
    );
  return ok(`The CDK is set up (version ${version})`);
}
