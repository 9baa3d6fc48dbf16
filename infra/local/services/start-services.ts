import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { startLoopbackServer } from '../loopback-server.ts';
import { ACCOUNT_ID, REGION } from './arn.ts';
import { openDatabase } from './database.ts';
import { createDispatcher } from './dispatch.ts';
import { openDynamoDb } from './dynamodb/dynamodb.ts';
import type { Table } from './dynamodb/table.ts';
import { type Key, openKeyRing } from './kms/key-ring.ts';
import { createKms } from './kms/kms.ts';
import type { ResourceProperties } from './resource-properties.ts';
import { readSecretFile, writeSecretFile } from './secret-file.ts';
import type { Credentials } from './signature-v4.ts';
import { createSns } from './sns/sns.ts';
import { type MessageListener, openTopics, type PublishedMessage } from './sns/topics.ts';
import { openSqs } from './sqs/sqs.ts';

/** DynamoDB, SQS, SNS and KMS on one loopback port, as far as Headlock uses them. `create…` takes a resource's properties as CloudFormation has them, and does nothing where it is there already. */
export interface Services {
  /** For `AWS_ENDPOINT_URL`. */
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: Credentials;
  createTable(properties: ResourceProperties): Promise<Table>;
  createQueue(properties: ResourceProperties): { readonly url: string; readonly arn: string; readonly name: string };
  createTopic(properties: ResourceProperties): { readonly arn: string };
  /** A key has no name of its own: the template's logical id stands for it. */
  createKey(logicalId: string, properties: ResourceProperties): Key;
  /** Tells of each message that is published from now on. @returns what ends that. */
  onMessage(listener: MessageListener): () => void;
  /** Every message that was ever published to the topic, the oldest first. */
  listMessages(topicArn: string): readonly PublishedMessage[];
  /** Makes queue messages visible whose receiver ended with the last process. */
  releaseInFlight(): void;
  close(): Promise<void>;
}

/**
 * @param folder - the data folder, made where it is missing, and closed to everyone but its owner.
 * @throws HeadlockError `data_folder_in_use`
 */
export async function startServices({ folder }: { readonly folder: string }): Promise<Services> {
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, 0o700);
  // LevelDB's lock guards the whole folder: nothing else of it is touched before.
  const dynamoDb = await openDynamoDb(folder);
  const database = openDatabase(join(folder, 'messages.sqlite'));
  const credentials = loadCredentials(join(folder, 'credentials.json'));
  const keys = openKeyRing(join(folder, 'keys.json'));
  const topics = openTopics(database);
  const sqs = openSqs(database);
  const server = await startLoopbackServer(0);
  const operations = {
    DynamoDB_20120810: dynamoDb.operations,
    AmazonSQS: sqs.operations,
    TrentService: createKms(keys),
    SNS: createSns(topics),
  };
  server.serve = createDispatcher(operations, credentials);
  return {
    endpoint: server.url,
    region: REGION,
    credentials,
    createTable: dynamoDb.createTable,
    createQueue(properties) {
      const { QueueName: name, arn } = sqs.createQueue(properties);
      return { url: `${server.url}/${ACCOUNT_ID}/${name}`, arn, name };
    },
    createTopic: topics.ensure,
    createKey: keys.ensure,
    onMessage: topics.listen,
    listMessages: topics.list,
    releaseInFlight: sqs.releaseInFlight,
    async close() {
      await server.close();
      database.close();
      await dynamoDb.close();
    },
  };
}

const CREDENTIALS = z.object({ accessKeyId: z.string().min(16), secretAccessKey: z.string().min(40) });

function loadCredentials(path: string): Credentials {
  const stored = readSecretFile(path, CREDENTIALS);
  if (stored !== null) return stored;
  const credentials = {
    accessKeyId: `LOCAL${randomBytes(8).toString('hex').toUpperCase().slice(0, 15)}`,
    secretAccessKey: randomBytes(30).toString('base64url'),
  };
  writeSecretFile(path, credentials);
  return credentials;
}
