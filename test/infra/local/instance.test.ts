import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer, request, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Connection, openConnection } from '../../../infra/local/connection.ts';
import { type Instance, type InstanceOptions, startInstance } from '../../../infra/local/instance.ts';
import { createPlayground } from '../../../infra/local/playground/create-playground.ts';
import { HeadlockError } from '../../../shared/model/headlock-error.ts';
import { eventually } from '../../support/eventually.ts';
import { findFreePort } from '../../support/free-port.ts';
import { type TinyStacks, writeTinyAssembly } from './tiny-assembly.ts';

let folder: string;
let options: InstanceOptions;
let instances: Instance[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hl-instance-'));
  const assembly = join(folder, 'cdk.out');
  await writeTinyAssembly(assembly);
  options = {
    dataFolder: join(folder, 'data'),
    port: 0,
    searchPath: process.env.PATH ?? '',
    readStatus: async () => [],
    readWebhookSecret: async () => null,
    assembly,
  };
  instances = [];
});

afterEach(async () => {
  await Promise.all(instances.map((instance) => instance.stop()));
  await rm(folder, { recursive: true, force: true });
});

async function start(overrides: Partial<InstanceOptions> = {}): Promise<Instance> {
  const instance = await startInstance({ ...options, ...overrides });
  instances.push(instance);
  return instance;
}

/** What `work` recorded of a group. */
async function readBodies(connection: Connection, group: string): Promise<readonly string[]> {
  const { endpoint, region, credentials, tableName } = connection;
  const client = new DynamoDBClient({ endpoint, region, credentials });
  const query = new QueryCommand({
    TableName: tableName,
    KeyConditionExpression: 'pk = :pk',
    ExpressionAttributeValues: { ':pk': { S: group } },
  });
  const { Items = [] } = await client.send(query);
  client.destroy();
  return Items.map((item) => item.body?.S ?? '');
}

async function send({ apiUrl }: Pick<Instance, 'apiUrl'>, group: string, body: string): Promise<void> {
  const headers = { 'content-type': 'application/json', 'x-github-delivery': body };
  const response = await fetch(`${apiUrl}/webhooks/${group}`, { method: 'POST', body, headers });
  expect(response.status).toBe(202);
}

async function refusalOf(attempt: Promise<unknown>): Promise<HeadlockError> {
  const error = await attempt.then(
    () => null,
    (cause: unknown) => cause,
  );
  expect(error).toBeInstanceOf(HeadlockError);
  return error as HeadlockError;
}

describe('startInstance', () => {
  it('runs what the template says: a request goes through the queue to the table and the topic', async () => {
    const instance = await start();
    const alerts: string[] = [];
    instance.onAlert(({ message }) => alerts.push(message));
    await send(instance, 'acme', 'hello');
    await eventually(async () => expect(await readBodies(instance.connection, 'acme')).toEqual(['hello']));
    await eventually(() => expect(alerts).toContain('hello'));
  });

  it('names what the stacks put out', async () => {
    const { connection, apiUrl } = await start();
    expect(connection).toMatchObject({
      apiUrl,
      tableName: 'State-Table',
      queueUrl: `${connection.endpoint}/000000000000/tiny.fifo`,
      topicArn: 'arn:aws:sns:eu-central-1:000000000000:Service-Topic',
      secretsKeyArn: expect.stringMatching(/^arn:aws:kms:eu-central-1:000000000000:key\//),
    });
  });

  it('gives a function the environment of the template and of Lambda, and nothing else', async () => {
    const { apiUrl, connection } = await start();
    const environment = await (await fetch(`${apiUrl}/environment`)).json();
    expect(environment).toEqual({
      TABLE: connection.tableName,
      QUEUE_URL: connection.queueUrl,
      POWERTOOLS_SERVICE_NAME: 'api',
      AWS_ENDPOINT_URL: connection.endpoint,
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: expect.stringMatching(/^LOCAL[0-9A-F]{15}$/),
      AWS_SECRET_ACCESS_KEY: expect.stringMatching(/^[\w-]{40}$/),
      AWS_CONFIG_FILE: '/dev/null',
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
      AWS_LAMBDA_FUNCTION_NAME: 'api',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '256',
      AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    });
    // An access key of its own, which stands for its role.
    expect(environment).not.toMatchObject({ AWS_ACCESS_KEY_ID: connection.credentials.accessKeyId });
  });

  it('calls what is scheduled at once', async () => {
    const { connection } = await start();
    await eventually(async () => expect(await readBodies(connection, 'tick')).toHaveLength(1));
    const [body = ''] = await readBodies(connection, 'tick');
    expect(JSON.parse(body)).toMatchObject({
      source: 'aws.events',
      'detail-type': 'Scheduled Event',
      resources: ['arn:aws:events:eu-central-1:000000000000:rule/Service-Schedule'],
    });
  });

  it('sets a message aside that fails three times, and then serves the next one of its group', async () => {
    const instance = await start();
    await send(instance, 'acme', 'poison');
    await send(instance, 'acme', 'after');
    await eventually(async () => expect(await readBodies(instance.connection, 'acme')).toEqual(['after']));
  });

  it('keeps state over a restart', async () => {
    const first = await start();
    await send(first, 'acme', 'kept');
    await eventually(async () => expect(await readBodies(first.connection, 'acme')).toEqual(['kept']));
    const { secretsKeyArn } = first.connection;
    await first.stop();
    const second = await start();
    expect(second.connection).toMatchObject({ secretsKeyArn });
    expect(await readBodies(second.connection, 'acme')).toEqual(['kept']);
  });

  it('does at once after a SIGKILL what was in flight, and is not confused by what the killed one left', async () => {
    const assembly = join(folder, 'cdk.out');
    await writeTinyAssembly(assembly, ({ Service }) =>
      Object.assign(Service.Resources.Queue?.Properties ?? {}, { VisibilityTimeout: 600 }),
    );
    const script = join(import.meta.dirname, 'run-instance.ts');
    const child = spawn(process.execPath, [script, options.dataFolder, assembly], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [url] = (await once(child.stdout, 'data')) as [Buffer];
    await send({ apiUrl: String(url).trim() }, 'acme', 'hang');
    const killed = JSON.parse(await readFile(join(options.dataFolder, 'instance.json'), 'utf8')) as Connection;
    await eventually(async () => expect(await readBodies(killed, 'acme')).toEqual(['hanging']));
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect((await stat(join(options.dataFolder, 'instance.json'))).isFile()).toBe(true);
    const { connection } = await start();
    await eventually(async () => expect(await readBodies(connection, 'acme')).toEqual(['hang']));
  });

  it('stops though a function never ends, and leaves no file', async () => {
    await writeTinyAssembly(join(folder, 'cdk.out'), ({ Service }) =>
      Object.assign(Service.Resources.Work?.Properties ?? {}, { Timeout: 900 }),
    );
    const instance = await start();
    await send(instance, 'acme', 'hang');
    await eventually(async () => expect(await readBodies(instance.connection, 'acme')).toEqual(['hanging']));
    await instance.stop();
    await expect(stat(join(options.dataFolder, 'instance.json'))).rejects.toThrow('ENOENT');
    await expect(fetch(instance.apiUrl)).rejects.toThrow('fetch failed');
  });

  it('serves what functions ask of it until they have ended', async () => {
    const asked = Promise.withResolvers<ServerResponse>();
    const other = createHttpServer((_, response) => asked.resolve(response)).listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const instance = await start();
    await send(instance, 'acme', `ask|http://127.0.0.1:${port}/|${instance.apiUrl}/`);
    const held = await asked.promise;
    const stopped = instance.stop();
    held.end();
    await stopped;
    other.close();
    const opened = await openConnection(options.dataFolder, options.assembly);
    // A slow machine may have cut it off, while it was asking.
    expect(['served', 'asking']).toContain((await readBodies(opened, 'acme')).join());
    await opened.close();
  });

  it('stops while a push hangs', async () => {
    // A git that tells when it begins to take a push.
    const [bin, begun] = [join(folder, 'bin'), join(folder, 'begun')];
    await mkdir(bin);
    const script = `#!/bin/sh\n[ "$1" = http-backend ] && : > '${begun}'\nPATH='${options.searchPath}' exec git "$@"\n`;
    await writeFile(join(bin, 'git'), script, { mode: 0o755 });
    const instance = await start({ searchPath: bin });
    await createPlayground({ folder: instance.playgroundFolder, name: 'demo', searchPath: bin });
    const { port } = new URL(instance.apiUrl);
    const push = request({ port, path: '/playground/demo.git/git-receive-pack', method: 'POST' });
    const broken = new Promise((resolve) => push.on('error', resolve).on('close', resolve));
    push.setHeader('content-type', 'application/x-git-receive-pack-request');
    push.write('0');
    await eventually(() => stat(begun));
    await instance.stop();
    await broken;
  });

  it('refuses a data folder that another instance uses', async () => {
    await start();
    const error = await refusalOf(start());
    expect([error.code, error.message.split('\n').length]).toEqual(['data_folder_in_use', 1]);
    expect(error.message).toContain('--data');
  });

  it('refuses a port in use, and lets go of the data folder', async () => {
    const port = await findFreePort();
    const other = createServer().listen(port, '127.0.0.1');
    await once(other, 'listening');
    const error = await refusalOf(start({ port }));
    expect([error.code, error.message]).toEqual(['port_in_use', expect.stringContaining(`Port ${port} is in use`)]);
    await new Promise((resolve) => other.close(resolve));
    expect(await start({ port })).toHaveProperty('apiUrl', `http://127.0.0.1:${port}`);
  });

  it.each<[string, (stacks: TinyStacks) => void, string]>([
    [
      'an unknown type',
      ({ Service }) => Object.assign(Service.Resources, { Bucket: { Type: 'AWS::S3::Bucket', Properties: {} } }),
      'Service.Bucket does not run on this machine: Bucket is of type AWS::S3::Bucket',
    ],
    [
      'an unknown intrinsic function',
      ({ Service }) => Object.assign(Service.Resources.Topic ?? {}, { Properties: { Tags: { 'Fn::Cidr': [] } } }),
      'Fn::Cidr',
    ],
    [
      'a schedule that is no rate',
      ({ Service }) => Object.assign(Service.Resources.Schedule?.Properties ?? {}, { ScheduleExpression: 'cron(0)' }),
      'only a rate',
    ],
    [
      'a reference to nothing',
      ({ Service }) => Object.assign(Service.Outputs.TableName ?? {}, { Value: { Ref: 'Tabel' } }),
      'Tabel',
    ],
    [
      'a circle',
      ({ Service }) => Object.assign(Service.Resources.Topic ?? {}, { Properties: { TopicName: { Ref: 'Topic' } } }),
      'refers to itself',
    ],
  ])('refuses %s, by name', async (_, change, words) => {
    await writeTinyAssembly(join(folder, 'cdk.out'), change);
    const error = await refusalOf(start());
    expect([error.code, error.message]).toEqual(['unsupported_resource', expect.stringContaining(words)]);
  });
});

describe('local routes', () => {
  it('has a status page that needs nothing else, for this machine only', async () => {
    const { apiUrl } = await start();
    const response = await fetch(apiUrl);
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(await response.text()).toContain('No branch is guarded yet');
    const status = await new Promise((resolve) => {
      const { port } = new URL(apiUrl);
      request({ port, headers: { host: 'evil.example' } }, (answer) => resolve(answer.resume().statusCode)).end();
    });
    expect(status).toBe(403);
  });
});

describe('openConnection', () => {
  it('joins the instance that runs', async () => {
    const { connection } = await start();
    const opened = await openConnection(options.dataFolder, options.assembly);
    const { close: _, ...joined } = opened;
    expect(joined).toMatchObject(connection);
    await opened.close();
    expect(await readBodies(opened, 'none')).toEqual([]);
  });

  it('keeps what it says to its user alone', async () => {
    await start();
    expect((await stat(join(options.dataFolder, 'instance.json'))).mode & 0o777).toBe(0o600);
  });

  it('opens the folder itself where nothing runs, on the same state', async () => {
    const instance = await start();
    await send(instance, 'acme', 'kept');
    await eventually(async () => expect(await readBodies(instance.connection, 'acme')).toEqual(['kept']));
    await instance.stop();
    const opened = await openConnection(options.dataFolder, options.assembly);
    expect(opened).toMatchObject({ apiUrl: null, secretsKeyArn: instance.connection.secretsKeyArn });
    expect(await readBodies(opened, 'acme')).toEqual(['kept']);
    await opened.close();
    expect(await start()).toHaveProperty('apiUrl');
  });

  it('is not confused by the file of an instance that was killed, whoever has its port now', async () => {
    const [killed, other] = [await start(), await start({ dataFolder: join(folder, 'other') })];
    const file = join(options.dataFolder, 'instance.json');
    const left = JSON.parse(await readFile(file, 'utf8')) as object;
    await killed.stop();
    await writeFile(file, JSON.stringify({ ...left, apiUrl: other.apiUrl }));
    const opened = await openConnection(options.dataFolder, options.assembly);
    expect(opened.apiUrl).toBeNull();
    await expect(stat(file)).rejects.toThrow('ENOENT');
    await opened.close();
  });

  it('waits for a command that has the folder open', async () => {
    await (await start()).stop();
    const first = await openConnection(options.dataFolder, options.assembly);
    const waiting = Promise.withResolvers<void>();
    const second = openConnection(options.dataFolder, options.assembly, waiting.resolve);
    await waiting.promise;
    await first.close();
    await (await second).close();
  });

  it('says what to do where there is no data folder', async () => {
    const error = await refusalOf(openConnection(join(folder, 'nothing')));
    expect([error.code, error.message]).toEqual(['no_data_folder', expect.stringContaining('headlock start')]);
  });
});
