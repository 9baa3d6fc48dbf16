import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import type { ClientRequest } from 'node:http';
import { connect } from 'node:net';
import { DynamoDBClient, GetItemCommand, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { KMSClient, ListKeysCommand } from '@aws-sdk/client-kms';
import { ListTopicsCommand, PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { PurgeQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, describe, expect, test } from 'vitest';
import { TABLE_KEYS } from '../../../contract/cloud.ts';
import { startTemporaryServices } from '../../../support/temporary-services.ts';

const services = await startTemporaryServices();
const { endpoint, region, credentials } = services;
const settings = { endpoint, region, credentials, maxAttempts: 1 };
const { name: TableName } = await services.createTable({ TableName: 'headlock', ...TABLE_KEYS });
const client = new DynamoDBClient(settings);
const Key = { pk: { S: 'a' }, sk: { S: 'b' } };
const get = new GetItemCommand({ TableName, Key });
afterAll(services.close);

/** A signed request as the SDK sends it. */
async function captureSigned(): Promise<{ headers: Record<string, string>; body: string }> {
  const captured: { headers: Record<string, string>; body: string }[] = [];
  const tapped = new DynamoDBClient(settings);
  tapped.middlewareStack.add(
    (next) => (args) => {
      const { headers, body } = args.request as { headers: Record<string, string>; body: string };
      captured.push({ headers, body });
      return next(args);
    },
    { step: 'finalizeRequest', priority: 'low' },
  );
  await tapped.send(get);
  return captured[0] ?? { headers: {}, body: '' };
}

async function post(headers: Record<string, string>, body: string): Promise<{ status: number; text: string }> {
  const answer = await fetch(endpoint, { method: 'POST', headers, body });
  return { status: answer.status, text: await answer.text() };
}

describe('a request is refused', () => {
  test('that is not signed', async () => {
    const { headers, body } = await captureSigned();
    expect((await post(headers, body)).status).toBe(200);
    const { authorization, ...unsigned } = headers;
    expect(authorization).toContain('AWS4-HMAC-SHA256');
    expect(await post(unsigned, body)).toMatchObject({
      status: 403,
      text: expect.stringContaining('MissingAuthenticationTokenException'),
    });
  });

  test.each([
    ['another body', { body: '{"TableName":"headlock","Key":{"pk":{"S":"z"},"sk":{"S":"b"}}}' }],
    ['another operation', { headers: { 'x-amz-target': 'DynamoDB_20120810.DeleteItem' } }],
    ['another time', { headers: { 'x-amz-date': '20260101T000000Z' } }],
  ])('whose signature is for %s', async (_, change: { body?: string; headers?: Record<string, string> }) => {
    const { headers, body } = await captureSigned();
    expect(await post({ ...headers, ...change.headers }, change.body ?? body)).toMatchObject({
      status: 403,
      text: expect.stringContaining('InvalidSignatureException'),
    });
  });

  test('that is signed with other credentials', async () => {
    const send = (other: Partial<typeof credentials>) =>
      new DynamoDBClient({ ...settings, credentials: { ...credentials, ...other } }).send(get);
    await expect(send({ secretAccessKey: 'guessed' })).rejects.toMatchObject({ name: 'InvalidSignatureException' });
    await expect(send({ accessKeyId: 'LOCALLOCALLOCALLOCAL' })).rejects.toMatchObject({
      name: 'UnrecognizedClientException',
    });
  });

  test('that a web page sends, or that is none of an SDK', async () => {
    const { headers, body } = await captureSigned();
    expect((await post({ ...headers, origin: 'https://example.com' }, body)).status).toBe(403);
    expect((await fetch(endpoint)).status).toBe(403);
    expect((await fetch(`${endpoint}/other`, { method: 'POST', headers, body })).status).toBe(403);
    expect((await fetch(endpoint, { method: 'OPTIONS' })).headers.get('access-control-allow-origin')).toBeNull();
  });

  test('that is larger than 16 MiB or does not say how large it is', async () => {
    for (const header of ['Content-Length: 16777217', 'Transfer-Encoding: chunked']) {
      const socket = connect(Number(new URL(endpoint).port), '127.0.0.1');
      socket.write(`POST / HTTP/1.1\r\nHost: localhost\r\n${header}\r\n\r\n`);
      const [answer] = await once(socket, 'data');
      expect(String(answer)).toMatch(/^HTTP\/1.1 413 /);
      socket.destroy();
    }
  });
});

describe('an operation that Headlock does not call', () => {
  test.each([
    ['DynamoDB_20120810.UpdateItem', () => client.send(new UpdateItemCommand({ TableName, Key }))],
    ['AmazonSQS.PurgeQueue', () => new SQSClient(settings).send(new PurgeQueueCommand({ QueueUrl: 'q' }))],
    ['TrentService.ListKeys', () => new KMSClient(settings).send(new ListKeysCommand({}))],
    ['SNS.ListTopics', () => new SNSClient(settings).send(new ListTopicsCommand({}))],
  ])('is refused by its name: %s', async (name, send) => {
    await expect(send()).rejects.toMatchObject({
      name: 'UnknownOperationException',
      message: expect.stringContaining(name),
    });
  });
});

test('a refusal by SNS says in XML what was meant', async () => {
  const MessageAttributes = { '<a&amp;b>': { DataType: 'String', StringValue: '' } };
  const command = new PublishCommand({ TopicArn: 'none', Message: 'text', MessageAttributes });
  await expect(new SNSClient(settings).send(command)).rejects.toThrow("'<a&amp;b>' must be a String");
});

describe('a client that breaks off', () => {
  test('in the midst of its body takes nothing down', async () => {
    for (let index = 0; index < 20; index += 1) {
      const socket = connect(Number(new URL(endpoint).port), '127.0.0.1');
      await once(socket, 'connect');
      const head = 'POST / HTTP/1.1\r\nHost: localhost\r\nX-Amz-Target: DynamoDB_20120810.PutItem\r\n';
      socket.write(`${head}Content-Length: 1000\r\n\r\n{"TableName":`);
      socket.destroy();
    }
    expect((await client.send(get)).$metadata.httpStatusCode).toBe(200);
  });

  test('before its answer takes nothing down, and no write is left half done', async () => {
    const text = 'x'.repeat(100_000);
    const clients = Array.from({ length: 60 }, () => new AbortController());
    // Some break off as soon as their request is written, some at any time after that.
    const onWritten = (message: unknown) => {
      const index = Number((message as { request: ClientRequest }).request.getHeader('x-index'));
      const leave = () => clients[index]?.abort();
      if (index < 20) leave();
      else setTimeout(leave, index - 20);
    };
    subscribe('http.client.request.start', onWritten);
    const writes = clients.map(({ signal }, index) => {
      const Item = { pk: { S: 'aborted' }, sk: { S: String(index) }, text: { S: text } };
      const command = new PutItemCommand({ TableName, Item });
      command.middlewareStack.add(
        (next) => (args) => {
          Object.assign((args.request as { headers: object }).headers, { 'x-index': index });
          return next(args);
        },
        { step: 'finalizeRequest', priority: 'low' },
      );
      return client.send(command, { abortSignal: signal });
    });
    const ends = await Promise.allSettled(writes);
    unsubscribe('http.client.request.start', onWritten);
    expect(ends.slice(0, 20).map(({ status }) => status)).toEqual(Array(20).fill('rejected'));
    for (const [index, { status }] of ends.entries()) {
      const key = { pk: { S: 'aborted' }, sk: { S: String(index) } };
      const { Item } = await client.send(new GetItemCommand({ TableName, Key: key, ConsistentRead: true }));
      if (status === 'fulfilled' || Item !== undefined) expect(Item).toEqual({ ...key, text: { S: text } });
    }
  });
});
