import { randomUUID } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { devNull } from 'node:os';
import { join } from 'node:path';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { BranchState } from '../../shared/model/branch-state.ts';
import { HeadlockError } from '../../shared/model/headlock-error.ts';
import { type Connection, describeConnection, instanceFile, PROJECT, type RunningInstance } from './connection.ts';
import { createPlaygroundServer } from './playground/playground.ts';
import { readAssembly } from './runtime/assembly.ts';
import { startEventSource } from './runtime/event-source.ts';
import type { Invocation } from './runtime/execution-environment.ts';
import { createHttpGateway } from './runtime/http-gateway.ts';
import { createLambdaFunction, type FunctionDefinition } from './runtime/lambda-function.ts';
import { createLocalRoutes } from './runtime/local-routes.ts';
import { startLocalServer } from './runtime/local-server.ts';
import { startSchedule } from './runtime/schedule.ts';
import { synthesize } from './runtime/synthesize.ts';
import { createTemplate } from './runtime/template.ts';
import { writeSecretFile } from './services/secret-file.ts';
import type { PublishedMessage } from './services/sns/topics.ts';
import { type Services, startServices } from './services/start-services.ts';

export interface InstanceOptions {
  /** Everything that is kept: made where it is missing. */
  readonly dataFolder: string;
  /** Of the HTTP API, on the loopback interface; 0: any free one. */
  readonly port?: number;
  /** `PATH`, to find git. */
  readonly searchPath: string;
  /** The branches that the status page shows. */
  readonly readStatus: (connection: Connection) => Promise<readonly BranchState[]>;
  /** The secret that signs the playground's webhooks for a repository; null where there is none. */
  readonly readWebhookSecret: (connection: Connection, repository: string) => Promise<string | null>;
  /** A cloud assembly in place of the project's own. */
  readonly assembly?: string;
}

export interface Instance {
  readonly apiUrl: string;
  readonly connection: Connection;
  /** Where `createPlayground` puts repositories for them to be served. */
  readonly playgroundFolder: string;
  /** Tells of each alert from now on. @returns what ends that. */
  onAlert(listener: (message: PublishedMessage) => void): () => void;
  /** @param functionName - its folder in `functions/`. @throws HeadlockError `unknown_function` */
  invoke(functionName: string, event: unknown): Promise<Invocation>;
  /** Ends everything that this instance started. */
  stop(): Promise<void>;
}

export const DEFAULT_PORT = 4400;

/** How long a function that is at work may go on when the instance stops. What it leaves undone is done at the next start. */
const GRACE_MILLISECONDS = 2000;

type Closer = () => unknown;

/**
 * Runs the synthesized stacks on this machine, on the state in the data folder.
 *
 * @throws HeadlockError `data_folder_in_use`, `port_in_use`, `synthesis_failed`, `unsupported_resource`
 */
export async function startInstance(options: InstanceOptions): Promise<Instance> {
  const closers: Closer[] = [];
  const stop = async (): Promise<void> => {
    for (let close = closers.pop(); close !== undefined; close = closers.pop()) await close();
  };
  try {
    return { ...(await start(options, closers)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function start(options: InstanceOptions, closers: Closer[]): Promise<Omit<Instance, 'stop'>> {
  const { dataFolder, searchPath } = options;
  const services = await startServices({ folder: dataFolder });
  closers.push(services.close);
  const server = await startLocalServer(options.port ?? DEFAULT_PORT);
  closers.push(server.close);
  const logs = join(dataFolder, 'logs');
  mkdirSync(logs, { recursive: true, mode: 0o700 });

  const stacks = await readAssembly(options.assembly ?? (await synthesize(PROJECT)));
  const template = createTemplate(stacks, services, (definition) => {
    const environment = { ...createEnvironment(services, definition), ...definition.environment };
    return createLambdaFunction({ ...definition, environment }, join(logs, `${definition.name}.log`));
  });
  const { functions, routes, mappings, rules } = await template.makeAll();
  const connection = await describeConnection(services, template, server.url);

  const playgroundFolder = join(dataFolder, 'playground');
  const playground = createPlaygroundServer({
    folder: playgroundFolder,
    searchPath,
    baseUrl: server.url,
    logFile: join(logs, 'playground.log'),
    readWebhookSecret: (repository) => options.readWebhookSecret(connection, repository),
  });
  // A client that holds its connection would hold up the playground.
  closers.push(() => server.close().then(playground.close));

  const id = randomUUID();
  const local = createLocalRoutes({ id, playground, readStatus: () => options.readStatus(connection) });
  server.serve = local(createHttpGateway(routes));

  services.releaseInFlight();
  const { endpoint, region, credentials } = services;
  const sqs = new SQSClient({ endpoint, region, credentials: { ...credentials } });
  const sources = mappings.map((mapping) => startEventSource(sqs, mapping));
  const schedules = rules.map(startSchedule);
  closers.push(async () => {
    for (const schedule of schedules) schedule.stop();
    const stopped = sources.map((source) => source.stop());
    await Promise.all([...stopped, ...functions.map((one) => one.close(GRACE_MILLISECONDS))]);
    sqs.destroy();
  });

  const running: RunningInstance = { ...connection, id, pid: process.pid };
  writeSecretFile(instanceFile(dataFolder), running);
  closers.push(() => rmSync(instanceFile(dataFolder), { force: true }));

  return {
    apiUrl: server.url,
    connection,
    playgroundFolder,
    onAlert: (listener) =>
      services.onMessage((message) => {
        if (message.topicArn === connection.topicArn) listener(message);
      }),
    invoke: async (functionName, event) => {
      const found = functions.find(({ name }) => name === functionName);
      if (found !== undefined) return found.invoke(event);
      const names = functions.map(({ name }) => name).join(', ');
      throw new HeadlockError('unknown_function', `There is no function ${functionName}, only ${names}.`, {
        kind: 'input',
      });
    },
  };
}

/** What Lambda itself puts into a function's environment. Files of AWS settings on this machine have no say. */
function createEnvironment(
  { endpoint, region, credentials }: Services,
  { name, memoryMegabytes }: FunctionDefinition,
): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_CONFIG_FILE: devNull,
    AWS_SHARED_CREDENTIALS_FILE: devNull,
    AWS_LAMBDA_FUNCTION_NAME: name,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMegabytes),
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
  };
}
