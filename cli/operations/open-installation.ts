import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { KMSClient } from '@aws-sdk/client-kms';
import { SQSClient } from '@aws-sdk/client-sqs';
import { type Connection, openConnection } from '../../infra/local/connection.ts';
import { AWS_CLIENT_SETTINGS } from '../../shared/aws/client-settings.ts';
import { createKmsSecretVault } from '../../shared/kms/kms-secret-vault.ts';
import { createSqsDecisionQueue } from '../../shared/queue/sqs-decision-queue.ts';
import { createDynamoBranchStore } from '../../shared/store/dynamo-branch-store.ts';
import { createDynamoHistoryStore } from '../../shared/store/dynamo-history-store.ts';
import { createDynamoPolicyStore } from '../../shared/store/dynamo-policy-store.ts';
import { createDynamoSecretStore } from '../../shared/store/dynamo-secret-store.ts';
import { createDynamoTagStore } from '../../shared/store/dynamo-tag-store.ts';
import { createDynamoTokenStore } from '../../shared/store/dynamo-token-store.ts';
import { createDynamoVerdictStore } from '../../shared/store/dynamo-verdict-store.ts';
import type { Installation } from './installation.ts';

/**
 * Opens the installation of a data folder for one piece of work: that of the instance that runs on it, or else the folder
 * itself.
 * @throws HeadlockError `no_data_folder`, `data_folder_in_use`
 */
export async function withInstallation<T>(
  dataFolder: string,
  work: (installation: Installation) => Promise<T>,
): Promise<T> {
  const connection = await openConnection(dataFolder);
  const installation = createInstallation(connection);
  try {
    return await work(installation);
  } finally {
    await installation.close();
    await connection.close();
  }
}

/** The stores behind a connection. Closing leaves the connection open. */
export function createInstallation(connection: Connection): Installation {
  const { apiUrl, endpoint, region, credentials, tableName, queueUrl, secretsKeyArn } = connection;
  const settings = { ...AWS_CLIENT_SETTINGS, endpoint, region, credentials };
  const [dynamoDb, kms, sqs] = [new DynamoDBClient(settings), new KMSClient(settings), new SQSClient(settings)];
  const secrets = createDynamoSecretStore(dynamoDb, tableName);
  return {
    apiUrl,
    branches: createDynamoBranchStore(dynamoDb, tableName),
    tags: createDynamoTagStore(dynamoDb, tableName),
    policies: createDynamoPolicyStore(dynamoDb, tableName),
    verdicts: createDynamoVerdictStore(dynamoDb, tableName),
    history: createDynamoHistoryStore(dynamoDb, tableName),
    tokens: createDynamoTokenStore(dynamoDb, tableName),
    secrets,
    vault: createKmsSecretVault(kms, { secretStore: secrets, keyId: secretsKeyArn }),
    queue: createSqsDecisionQueue(sqs, queueUrl),
    close: async () => {
      for (const client of [dynamoDb, kms, sqs]) client.destroy();
    },
  };
}
