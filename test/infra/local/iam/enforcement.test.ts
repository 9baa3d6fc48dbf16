import { BatchWriteItemCommand, DeleteItemCommand, DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { DecryptCommand, EncryptCommand, KMSClient } from '@aws-sdk/client-kms';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { DeleteMessageCommand, ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Connection, deployProject, describeConnection } from '../../../../infra/local/connection.ts';
import { expectDenials } from '../../../permissions/record-access.ts';
import { startTemporaryServices } from '../../../support/temporary-services.ts';
import { PRINCIPALS } from '../../aws/principal-names.ts';

expectDenials();

const services = await startTemporaryServices();
let connection: Connection;
beforeAll(async () => {
  connection = { apiUrl: null, ...describeConnection(services, await deployProject(services)) };
});
afterAll(services.close);

/** Clients of one principal. */
function clientsOf(principal: string) {
  const { endpoint, region, credentialsOf } = services;
  const settings = { endpoint, region, credentials: { ...credentialsOf(principal) }, maxAttempts: 1 };
  return {
    dynamo: new DynamoDBClient(settings),
    kms: new KMSClient(settings),
    sns: new SNSClient(settings),
    sqs: new SQSClient(settings),
  };
}

const denied = (action: string) => ({
  name: 'AccessDeniedException',
  message: expect.stringContaining(`is not authorized to perform: ${action}`),
});
const itemOf = (pk: string) => ({ pk: { S: pk }, sk: { S: 'x' } });

async function seal(purpose: string): Promise<Uint8Array> {
  const EncryptionContext = { 'headlock:secret': 'a', 'headlock:purpose': purpose };
  const input = { KeyId: connection.secretsKeyArn, Plaintext: Buffer.from('s3cr3t'), EncryptionContext };
  const { CiphertextBlob: blob = new Uint8Array() } = await clientsOf('owner').kms.send(new EncryptCommand(input));
  return blob;
}

describe('in the embedded stack, under the synthesized policies', () => {
  it.each(['branch:a', 'history:a:main', 'token:a', 'statement:a'])('trusted-revision cannot write %s', async (pk) => {
    const { dynamo } = clientsOf('trusted-revision');
    const TableName = connection.tableName;
    await expect(dynamo.send(new PutItemCommand({ TableName, Item: itemOf(pk) }))).rejects.toMatchObject(
      denied('dynamodb:PutItem'),
    );
  });

  // Trust rule 5.4.
  it.each(PRINCIPALS)('%s cannot delete history', async (principal) => {
    const { dynamo } = clientsOf(principal);
    const TableName = connection.tableName;
    const Key = itemOf('history:a:main');
    await expect(dynamo.send(new DeleteItemCommand({ TableName, Key }))).rejects.toMatchObject(
      denied('dynamodb:DeleteItem'),
    );
    const RequestItems = { [TableName]: [{ DeleteRequest: { Key } }] };
    await expect(dynamo.send(new BatchWriteItemCommand({ RequestItems }))).rejects.toMatchObject(
      denied('dynamodb:BatchWriteItem'),
    );
  });

  // Trust rule 7.1.
  it('webhook opens secrets of webhooks, and none of git', async () => {
    const open = async (purpose: string) => {
      const EncryptionContext = { 'headlock:secret': 'a', 'headlock:purpose': purpose };
      return clientsOf('webhook').kms.send(
        new DecryptCommand({ CiphertextBlob: await seal(purpose), EncryptionContext }),
      );
    };
    expect(Buffer.from((await open('webhook')).Plaintext ?? []).toString()).toBe('s3cr3t');
    await expect(open('git')).rejects.toMatchObject(denied('kms:Decrypt'));
  });

  it('no secret is sealed without its name and purpose: the key says so', async () => {
    const EncryptionContext = { 'headlock:purpose': 'git' };
    const input = { KeyId: connection.secretsKeyArn, Plaintext: Buffer.from('x'), EncryptionContext };
    await expect(clientsOf('operator').kms.send(new EncryptCommand(input))).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: expect.stringContaining('explicit deny'),
    });
  });

  it('trusted-revision can send no hint, and webhook can take none', async () => {
    const { queueUrl: QueueUrl } = connection;
    const message = { QueueUrl, MessageBody: '{}', MessageGroupId: 'a', MessageDeduplicationId: 'a' };
    await expect(clientsOf('trusted-revision').sqs.send(new SendMessageCommand(message))).rejects.toMatchObject(
      denied('sqs:SendMessage'),
    );
    const { sqs } = clientsOf('webhook');
    await expect(sqs.send(new ReceiveMessageCommand({ QueueUrl }))).rejects.toMatchObject(denied('sqs:ReceiveMessage'));
    const finish = new DeleteMessageCommand({ QueueUrl, ReceiptHandle: '1' });
    await expect(sqs.send(finish)).rejects.toMatchObject(denied('sqs:DeleteMessage'));
  });

  it('webhook cannot alert, and SNS says so in its own words', async () => {
    const { topicArn: TopicArn } = connection;
    await expect(clientsOf('webhook').sns.send(new PublishCommand({ TopicArn, Message: 'x' }))).rejects.toMatchObject({
      name: 'AuthorizationErrorException',
      message: expect.stringContaining('sns:Publish'),
    });
  });

  it('somebody without a policy can do nothing', async () => {
    const { dynamo } = clientsOf('stranger');
    const put = new PutItemCommand({ TableName: connection.tableName, Item: itemOf('branch:a') });
    await expect(dynamo.send(put)).rejects.toMatchObject(denied('dynamodb:PutItem'));
  });
});
