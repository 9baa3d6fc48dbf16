import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { KMSClient } from '@aws-sdk/client-kms';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { Connection } from '../../infra/local/connection.ts';
import { AWS_CLIENT_SETTINGS } from '../../shared/aws/client-settings.ts';
import { createKmsSecretVault } from '../../shared/kms/kms-secret-vault.ts';
import { createKmsStatementSigner } from '../../shared/kms/kms-statement-signer.ts';
import { createSqsDeadLetterQueue } from '../../shared/queue/sqs-dead-letter-queue.ts';
import { createSqsDecisionQueue } from '../../shared/queue/sqs-decision-queue.ts';
import { createDynamoBranchStore } from '../../shared/store/dynamo-branch-store.ts';
import { createDynamoHistoryStore } from '../../shared/store/dynamo-history-store.ts';
import { createDynamoPolicyStore } from '../../shared/store/dynamo-policy-store.ts';
import { createDynamoSecretStore } from '../../shared/store/dynamo-secret-store.ts';
import { createSequenceFloor } from '../../shared/store/dynamo-sequence-floor.ts';
import { createDynamoTagStore } from '../../shared/store/dynamo-tag-store.ts';
import { createDynamoTokenStore } from '../../shared/store/dynamo-token-store.ts';
import { createDynamoVerdictStore } from '../../shared/store/dynamo-verdict-store.ts';
import type { Installation } from './installation.ts';
import { nameOperator } from './name-operator.ts';

/** What the stores need to know. Endpoint, region and credentials are the SDK's own default ones where nothing is said. */
export type InstallationParts = Pick<
  Connection,
  'apiUrl' | 'tableName' | 'queueUrl' | 'deadLetterUrls' | 'secretsKeyArn' | 'statementKeyArn'
> &
  Partial<Pick<Connection, 'endpoint' | 'region' | 'credentials'>>;

/** The stores behind a connection. Closing leaves the connection open. @param operator - who acts */
export function createInstallation(parts: InstallationParts, operator: string = nameOperator()): Installation {
  const { apiUrl, tableName, queueUrl, deadLetterUrls, secretsKeyArn, endpoint, region, credentials } = parts;
  const settings = {
    ...AWS_CLIENT_SETTINGS,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(region === undefined ? {} : { region }),
    ...(credentials === undefined ? {} : { credentials }),
  };
  const [dynamoDb, kms, sqs] = [new DynamoDBClient(settings), new KMSClient(settings), new SQSClient(settings)];
  const secrets = createDynamoSecretStore(dynamoDb, tableName);
  return {
    apiUrl,
    operator,
    branches: createDynamoBranchStore(dynamoDb, tableName),
    tags: createDynamoTagStore(dynamoDb, tableName),
    policies: createDynamoPolicyStore(dynamoDb, tableName),
    verdicts: createDynamoVerdictStore(dynamoDb, tableName),
    history: createDynamoHistoryStore(dynamoDb, tableName),
    tokens: createDynamoTokenStore(dynamoDb, tableName),
    secrets,
    floor: createSequenceFloor(dynamoDb, tableName),
    vault: createKmsSecretVault(kms, { secretStore: secrets, keyId: secretsKeyArn }),
    statementKey: createKmsStatementSigner(kms, parts.statementKeyArn),
    queue: createSqsDecisionQueue(sqs, queueUrl),
    deadLetters: {
      decisions: createSqsDeadLetterQueue(sqs, deadLetterUrls.decisions),
      statuses: createSqsDeadLetterQueue(sqs, deadLetterUrls.statuses),
    },
    close: async () => {
      for (const client of [dynamoDb, kms, sqs]) client.destroy();
    },
  };
}
