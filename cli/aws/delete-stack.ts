import { CloudFormationClient, DeleteStackCommand, waitUntilStackDeleteComplete } from '@aws-sdk/client-cloudformation';
import { AWS_CLIENT_SETTINGS } from '../../shared/aws/client-settings.ts';
import { HeadlockError } from '../../shared/model/headlock-error.ts';
import { explainAwsError } from './explain-aws-error.ts';

/** CloudFormation gives network interfaces of a VPC up to half an hour. */
const PATIENCE_SECONDS = 2400;

/**
 * Deletes a stack and waits until it is gone.
 * @throws HeadlockError `stack_not_deleted`, or as `explainAwsError`
 */
export async function deleteStack(name: string): Promise<void> {
  const client = new CloudFormationClient(AWS_CLIENT_SETTINGS);
  try {
    await client.send(new DeleteStackCommand({ StackName: name }));
    await waitUntilStackDeleteComplete(
      { client, maxWaitTime: PATIENCE_SECONDS, minDelay: 2, maxDelay: 15 },
      { StackName: name },
    );
  } catch (error) {
    const explained = explainAwsError(error, { operatorPolicy: null });
    if (explained !== error) throw explained;
    const message = `The stack ${name} could not be deleted whole. Its events in the CloudFormation console say what stands in the way; then run the command again.`;
    throw new HeadlockError('stack_not_deleted', message, { kind: 'upstream', cause: error });
  } finally {
    client.destroy();
  }
}
