import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { AWS_CLIENT_SETTINGS } from '../../shared/aws/client-settings.ts';
import { explainAwsError } from './explain-aws-error.ts';

/** A stack as CloudFormation knows it. */
export interface DeployedStack {
  readonly name: string;
  /** `UPDATE_COMPLETE`, say. */
  readonly status: string;
  readonly statusReason: string | null;
  readonly outputs: Readonly<Record<string, string>>;
}

/**
 * @returns null where there is none of that name in the caller's account and region
 * @throws HeadlockError as `explainAwsError`
 */
export async function readStack(name: string): Promise<DeployedStack | null> {
  const client = new CloudFormationClient(AWS_CLIENT_SETTINGS);
  try {
    const { Stacks: [stack] = [] } = await client.send(new DescribeStacksCommand({ StackName: name }));
    if (stack === undefined) return null;
    const outputs = (stack.Outputs ?? []).map(({ OutputKey: key = '', OutputValue: value = '' }) => [key, value]);
    return {
      name,
      status: String(stack.StackStatus),
      statusReason: stack.StackStatusReason ?? null,
      outputs: Object.fromEntries(outputs),
    };
  } catch (error) {
    if (error instanceof Error && error.name === 'ValidationError' && /does not exist/.test(error.message)) return null;
    throw explainAwsError(error, { operatorPolicy: null });
  } finally {
    client.destroy();
  }
}
