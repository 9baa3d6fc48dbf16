import { readdir, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { expect, onTestFinished, test } from 'vitest';
import { createAction, createDynaliteStore } from '../../../../infra/local/services/dynamodb/dynalite.ts';
import { startServices } from '../../../../infra/local/services/start-services.ts';
import { TABLE_KEYS } from '../../../contract/cloud.ts';
import { failToServe } from './served-folder.ts';
import { createTemporaryFolder } from './temporary-folder.ts';

async function start(folder: string | null, port = 0) {
  const services = await startServices({ folder, port });
  onTestFinished(services.close);
  return services;
}

test('a folder serves one process: a second one is refused at once and changes nothing', async () => {
  const folder = join(await createTemporaryFolder(), 'new', 'folder');
  const { credentials } = await start(folder);
  const begin = Date.now();
  expect(await failToServe(folder)).toContain(`The data folder ${folder} is in use by another Headlock.`);
  expect(Date.now() - begin).toBeLessThan(10_000);
  await expect(startServices({ folder })).rejects.toMatchObject({
    code: 'data_folder_in_use',
    kind: 'configuration',
    message: expect.stringContaining('--data'),
  });
  expect((await stat(folder)).mode & 0o777).toBe(0o700);
  expect(await readdir(folder)).toContain('credentials.json');
  expect(credentials.secretAccessKey.length).toBeGreaterThanOrEqual(40);
});

test('a port serves one program, and the folder is free again after that refusal', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => other.once('listening', resolve));
  onTestFinished(() => {
    other.close();
  });
  const folder = await createTemporaryFolder();
  const { port } = other.address() as AddressInfo;
  await expect(startServices({ folder, port })).rejects.toMatchObject({
    code: 'port_in_use',
    kind: 'configuration',
    message: expect.stringContaining(`Port ${port} is in use`),
  });
  await start(folder);
});

test('keys and credentials are for the owner alone, and stay with the folder', async () => {
  const folder = await createTemporaryFolder();
  const first = await startServices({ folder });
  const key = first.createKey('SecretsKey', { EnableKeyRotation: true });
  await first.close();
  for (const file of ['credentials.json', 'keys.json']) {
    expect((await stat(join(folder, file))).mode & 0o777).toBe(0o600);
  }
  const second = await start(folder);
  expect(second.credentials).toEqual(first.credentials);
  expect(second.createKey('SecretsKey', {})).toEqual(key);
  expect(second.createKey('OtherKey', {})).not.toEqual(key);
  expect((await start(null)).credentials).not.toEqual(first.credentials);
});

test('a table that was half made when the process ended is usable', async () => {
  const folder = await createTemporaryFolder();
  const store = createDynaliteStore(join(folder, 'dynamodb'));
  await createAction(store, 'CreateTable')({ TableName: 'headlock', ...TABLE_KEYS, BillingMode: 'PAY_PER_REQUEST' });
  const { Table } = (await createAction(store, 'DescribeTable')({ TableName: 'headlock' })) as { Table: object };
  await setTimeout(100);
  await promisify(store.tableDb.put)('headlock', { ...Table, TableStatus: 'CREATING' });
  await store.db.close();

  const { endpoint, region, credentials, createTable } = await start(folder);
  await createTable({ TableName: 'headlock', ...TABLE_KEYS });
  const put = new PutItemCommand({ TableName: 'headlock', Item: { pk: { S: 'a' }, sk: { S: 'b' } } });
  const client = new DynamoDBClient({ endpoint, region, credentials });
  expect((await client.send(put)).$metadata.httpStatusCode).toBe(200);
});

test('only the loopback interface is bound', async () => {
  const { endpoint } = await start(null);
  const { hostname, port } = new URL(endpoint);
  expect(hostname).toBe('127.0.0.1');
  const others = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal, family }) => !internal && family === 'IPv4');
  for (const { address } of others) {
    await expect(fetch(`http://${address}:${port}/`, { method: 'POST' })).rejects.toThrow();
  }
});
