import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { AWS_CLIENT_SETTINGS } from '../../shared/aws/client-settings.ts';
import { explainAwsError } from './explain-aws-error.ts';

/** Who acts, and where: as the SDK's default credentials and region say. */
export interface Caller {
  /** Twelve digits. */
  readonly account: string;
  readonly arn: string;
  readonly region: string;
}

/**
 * Asks AWS whose credentials these are, which everybody may ask.
 * @throws HeadlockError `no_credentials`, `expired_credentials`, `wrong_credentials`, `no_region`, `aws_unreachable`
 */
export async function identifyCaller(): Promise<Caller> {
  const client = new STSClient(AWS_CLIENT_SETTINGS);
  try {
    const region = await client.config.region();
    const { Account: account, Arn: arn } = await client.send(new GetCallerIdentityCommand({}));
    if (account === undefined || arn === undefined) throw new Error('AWS does not say whose credentials these are.');
    return { account, arn, region };
  } catch (error) {
    throw explainAwsError(error, { operatorPolicy: null });
  } finally {
    client.destroy();
  }
}
