import { DescribeKeyCommand, type KeyMetadata, KMSClient } from '@aws-sdk/client-kms';
import { AWS_CLIENT_SETTINGS } from '../../shared/aws/client-settings.ts';
import { amiss, type Finding, ok } from '../finding.ts';
import type { Deployment } from './find-deployment.ts';

/** By the output that names the key. */
const USES = { DataKeyArn: 'data at rest', SecretsKeyArn: 'credentials', StatementKeyArn: 'statements' };

/** Whether the keys can be used: nothing is stored, opened or signed without them. */
export async function checkKeys({ outputs }: Deployment): Promise<readonly Finding[]> {
  const client = new KMSClient(AWS_CLIENT_SETTINGS);
  const describe = async (KeyId: string, use: string): Promise<Finding> => {
    const { KeyMetadata } = await client.send(new DescribeKeyCommand({ KeyId }));
    return judgeKey(use, { KeyId, Arn: KeyId, ...KeyMetadata });
  };
  try {
    // A stack of before puts out no data key.
    const named = Object.entries(USES).flatMap(([output, use]) => {
      const arn = outputs[output];
      return arn === undefined ? [] : [describe(arn, use)];
    });
    return await Promise.all(named);
  } finally {
    client.destroy();
  }
}

/** @param use - what the key is for */
export function judgeKey(use: string, { Arn, KeyState, DeletionDate }: KeyMetadata): Finding {
  const key = `The key for ${use}`;
  const enable = `aws kms enable-key --key-id ${Arn}`;
  if (KeyState === 'Enabled') return ok(`${key} is enabled`);
  if (KeyState === 'Disabled') return amiss(`${key} is disabled`, `Run \`${enable}\`.`);
  if (KeyState === 'PendingDeletion')
    return amiss(
      `${key} will be deleted ${DeletionDate?.toISOString() ?? 'soon'}: nothing brings back what only it opens`,
      `Run \`aws kms cancel-key-deletion --key-id ${Arn}\`, then \`${enable}\`.`,
    );
  return amiss(`${key} is in state ${KeyState}`, `KMS Developer Guide, "Key states of AWS KMS keys", says what to do.`);
}
