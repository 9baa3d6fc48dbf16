import { Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { SecretPurpose } from '../../shared/store/secret-store.ts';

/** Trust rule 7.1: a credential's ciphertext opens for its purpose and for nothing else. */
const PURPOSE = 'kms:EncryptionContext:headlock:purpose';

/** For whoever reads items: DynamoDB decrypts the table's key in the caller's name. */
export function allowReadingTable(dataKey: IKey): PolicyStatement {
  return allowThrough('dynamodb', dataKey, ['Decrypt', 'DescribeKey']);
}

/** For whoever writes items too: the actions that DynamoDB names as its least. */
export function allowWritingTable(dataKey: IKey): PolicyStatement {
  return allowThrough('dynamodb', dataKey, [
    'Encrypt',
    'Decrypt',
    'ReEncryptFrom',
    'ReEncryptTo',
    'GenerateDataKey',
    'DescribeKey',
  ]);
}

export function allowSendingToQueue(dataKey: IKey): PolicyStatement {
  return allowThrough('sqs', dataKey, ['GenerateDataKey', 'Decrypt']);
}

export function allowReceivingFromQueue(dataKey: IKey): PolicyStatement {
  return allowThrough('sqs', dataKey, ['Decrypt']);
}

export function allowPublishingToTopic(dataKey: IKey): PolicyStatement {
  return allowThrough('sns', dataKey, ['GenerateDataKey', 'Decrypt']);
}

/** Opens credentials of these purposes. */
export function allowOpeningSecrets(secretsKey: IKey, ...purposes: readonly SecretPurpose[]): PolicyStatement {
  return new PolicyStatement({
    actions: ['kms:Decrypt'],
    resources: [secretsKey.keyArn],
    conditions: { StringEquals: { [PURPOSE]: [...purposes] } },
  });
}

/** Seals credentials without being able to open any. */
export function allowSealingSecrets(secretsKey: IKey, purposes: readonly SecretPurpose[]): PolicyStatement {
  return new PolicyStatement({
    actions: ['kms:Encrypt'],
    resources: [secretsKey.keyArn],
    conditions: { StringEquals: { [PURPOSE]: [...purposes] } },
  });
}

/** Trust rule 6.1: signs statements, by the one algorithm that agents know. */
export function allowSigningStatements(statementKey: IKey): PolicyStatement {
  return new PolicyStatement({
    actions: ['kms:Sign'],
    resources: [statementKey.keyArn],
    conditions: { StringEquals: { 'kms:SigningAlgorithm': 'ECDSA_SHA_256' } },
  });
}

/** Looks whether keys can be used. */
export function allowDescribingKeys(...keys: readonly IKey[]): PolicyStatement {
  return new PolicyStatement({ actions: ['kms:DescribeKey'], resources: keys.map(({ keyArn }) => keyArn) });
}

export function allowReadingPublicKey(statementKey: IKey): PolicyStatement {
  return new PolicyStatement({ actions: ['kms:GetPublicKey'], resources: [statementKey.keyArn] });
}

/**
 * The data key serves only what is stored with us: nobody calls KMS with it directly. The context that a service gives names
 * its table, queue or topic, and to those alone do policies let anybody through a service: a condition on it would say that twice.
 */
function allowThrough(service: string, key: IKey, actions: readonly string[]): PolicyStatement {
  return new PolicyStatement({
    actions: actions.map((action) => `kms:${action}`),
    resources: [key.keyArn],
    conditions: { StringEquals: { 'kms:ViaService': `${service}.${Stack.of(key).region}.amazonaws.com` } },
  });
}
