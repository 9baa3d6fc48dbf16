import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { createAccessControl } from '../iam/access-control.ts';
import { createCredentials, createPrincipals, OWNER } from '../iam/principals.ts';
import { startLoopbackServer } from '../loopback-server.ts';
import { ACCOUNT_ID, REGION } from './arn.ts';
import { openDatabase } from './database.ts';
import { createDispatcher, type Interceptor } from './dispatch.ts';
import { openDynamoDb } from './dynamodb/dynamodb.ts';
import { openKeyRing } from './kms/key-ring.ts';
import { createKms } from './kms/kms.ts';
import type { ResourceProperties } from './resource-properties.ts';
import { readSecretFile, writeSecretFile } from './secret-file.ts';
import type { Credentials } from './signature-v4.ts';
import { createSns } from './sns/sns.ts';
import { openTopics } from './sns/topics.ts';
import { openSqs } from './sqs/sqs.ts';

/** Calls an operation, as `AmazonSQS.ReceiveMessage`. Its promise rejects with AwsError. */
export type CallAs = (operation: string, input: object, signal: AbortSignal) => Promise<unknown>;

export type Services = Awaited<ReturnType<typeof startServices>>;

/**
 * DynamoDB, SQS, SNS and KMS on one loopback port, as far as Headlock uses them.
 *
 * @param folder - the data folder, made where it is missing, and closed to everyone but its owner.
 * @param intercept - stands around each call of a client.
 * @throws HeadlockError `data_folder_in_use`
 */
export async function startServices({
  folder,
  intercept = (_, perform) => perform(),
}: {
  readonly folder: string;
  readonly intercept?: Interceptor | undefined;
}) {
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
  const principals = createPrincipals(credentials);
  const access = createAccessControl(OWNER);
  const dispatcher = createDispatcher(operations, principals, (call, perform) =>
    intercept(call, () => access.intercept(call, perform)),
  );
  server.serve = dispatcher.serve;
  return {
    /** For `AWS_ENDPOINT_URL`. */
    endpoint: server.url,
    region: REGION,
    /** Of the owner of the data folder, who may do everything. */
    credentials,
    credentialsOf: (name: string) => principals.of(name).credentials,
    /** What AWS itself does in the name of a function: a call without a request. */
    callAs:
      (name: string): CallAs =>
      (operation, input, signal) =>
        dispatcher.call(operation, input, principals.of(name), signal),
    enforce: access.enforce,
    demand: access.demand,
    // Each takes a resource's properties as CloudFormation has them, and does nothing where it is there already.
    createTable: dynamoDb.createTable,
    createTopic: topics.ensure,
    createKey: keys.ensure,
    createQueue(properties: ResourceProperties) {
      const { QueueName: name, arn } = sqs.createQueue(properties);
      return { url: `${server.url}/${ACCOUNT_ID}/${name}`, arn, name };
    },
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
  const credentials = createCredentials();
  writeSecretFile(path, credentials);
  return credentials;
}
