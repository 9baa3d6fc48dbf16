import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { ACCOUNT_ID, REGION } from './arn.ts';
import { type Credentials, loadCredentials } from './credentials.ts';
import { openDatabase } from './database.ts';
import { createDispatcher } from './dispatch.ts';
import { openDynamoDb } from './dynamodb/dynamodb.ts';
import type { Table } from './dynamodb/table.ts';
import { listen } from './http-server.ts';
import { type Key, openKeyRing } from './kms/key-ring.ts';
import { createKms } from './kms/kms.ts';
import type { ResourceProperties } from './resource-properties.ts';
import { createSns } from './sns/sns.ts';
import { type MessageListener, openTopics, type PublishedMessage } from './sns/topics.ts';
import { openSqs } from './sqs/sqs.ts';

export interface ServicesOptions {
  /** The data folder, made where it is missing; null keeps everything in memory. */
  readonly folder: string | null;
  /** 0, or none: any free one. */
  readonly port?: number;
}

/** DynamoDB, SQS, SNS and KMS on one loopback port, as far as Headlock uses them. `create…` takes a resource's properties as CloudFormation has them, and does nothing where it is there already. */
export interface Services {
  /** For `AWS_ENDPOINT_URL`. */
  readonly endpoint: string;
  readonly region: string;
  readonly accountId: string;
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

/** @throws HeadlockError `data_folder_in_use`, `port_in_use` */
export async function startServices({ folder, port = 0 }: ServicesOptions): Promise<Services> {
  if (folder !== null) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }
  // LevelDB's lock guards the whole folder: nothing else of it is touched before.
  const dynamoDb = await openDynamoDb(folder);
  const database = openDatabase(folder);
  const closeStores = async () => {
    database.close();
    await dynamoDb.close();
  };
  try {
    const credentials = loadCredentials(folder);
    const keys = openKeyRing(folder === null ? null : join(folder, 'keys.json'));
    const topics = openTopics(database);
    const sqs = openSqs(database);
    const operations = {
      DynamoDB_20120810: dynamoDb.operations,
      AmazonSQS: sqs.operations,
      TrentService: createKms(keys),
      SNS: createSns(topics),
    };
    const server = await listen(port, createDispatcher(operations, credentials));
    const endpoint = `http://127.0.0.1:${server.port}`;
    return {
      endpoint,
      region: REGION,
      accountId: ACCOUNT_ID,
      credentials,
      createTable: dynamoDb.createTable,
      createQueue(properties) {
        const { QueueName: name, arn } = sqs.createQueue(properties);
        return { url: `${endpoint}/${ACCOUNT_ID}/${name}`, arn, name };
      },
      createTopic: topics.ensure,
      createKey: keys.ensure,
      onMessage: topics.listen,
      listMessages: topics.list,
      releaseInFlight: sqs.releaseInFlight,
      async close() {
        await server.close();
        await closeStores();
      },
    };
  } catch (error) {
    await closeStores();
    throw error;
  }
}
