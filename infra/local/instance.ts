import { randomUUID } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { devNull } from 'node:os';
import { join } from 'node:path';
import type { ProxyEnvironment } from '../../shared/git/http-agents.ts';
import type { BranchState } from '../../shared/model/branch-state.ts';
import { HeadlockError } from '../../shared/model/headlock-error.ts';
import {
  type Connection,
  deployProject,
  describeConnection,
  instanceFile,
  type RunningInstance,
} from './connection.ts';
import { startLoopbackServer } from './loopback-server.ts';
import { createMetricRegistry } from './metrics/metric-registry.ts';
import { parseMetrics } from './metrics/parse-metrics.ts';
import { createPlaygroundServer } from './playground/playground.ts';
import { runEventSource } from './runtime/event-source.ts';
import { createHttpGateway } from './runtime/http-gateway.ts';
import { createLambdaFunction, type FunctionDefinition, type LambdaFunction } from './runtime/lambda-function.ts';
import { createLocalRoutes } from './runtime/local-routes.ts';
import { runSchedule } from './runtime/schedule.ts';
import type { Interceptor } from './services/dispatch.ts';
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
  /** The variables of a proxy, for the functions that call forges. */
  readonly proxyEnv?: ProxyEnvironment;
  /** The branches that the status page shows. */
  readonly readStatus: (connection: Connection) => Promise<readonly BranchState[]>;
  /** The secret that signs the playground's webhooks for a repository; null where there is none. */
  readonly readWebhookSecret: (connection: Connection, repository: string) => Promise<string | null>;
  /** A cloud assembly in place of the project's own. */
  readonly assembly?: string;
  /** Stands around each call that a function or a command makes of AWS. */
  readonly intercept?: Interceptor;
}

export interface Instance {
  readonly apiUrl: string;
  readonly connection: Connection;
  /** Where `createPlayground` puts repositories for them to be served. */
  readonly playgroundFolder: string;
  /** Tells of each alert from now on. @returns what ends that. */
  onAlert(listener: (message: PublishedMessage) => void): () => void;
  /** Ends everything that this instance started. */
  stop(): Promise<void>;
}

const DEFAULT_PORT = 4400;

/** How long a function that is at work may go on when the instance stops. What it leaves undone is done at the next start. */
const GRACE_MILLISECONDS = 2000;

/**
 * Runs the synthesized stacks on this machine, on the state in the data folder.
 *
 * @throws HeadlockError `data_folder_in_use`, `port_in_use`, `synthesis_failed`, `unsupported_resource`
 */
export async function startInstance(options: InstanceOptions): Promise<Instance> {
  const closers = new AsyncDisposableStack();
  const stop = () => closers.disposeAsync();
  try {
    return { ...(await start(options, closers)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function start(options: InstanceOptions, closers: AsyncDisposableStack): Promise<Omit<Instance, 'stop'>> {
  const { dataFolder, searchPath } = options;
  const services = await startServices({ folder: dataFolder, intercept: options.intercept });
  closers.defer(services.close);
  const server = await startLoopbackServer(options.port ?? DEFAULT_PORT);
  closers.defer(server.close);
  const logs = join(dataFolder, 'logs');
  mkdirSync(logs, { recursive: true });

  const deployment = await deployProject(services, options.assembly);
  const connection = { apiUrl: server.url, ...describeConnection(services, deployment) };
  const playgroundFolder = join(dataFolder, 'playground');
  const playground = createPlaygroundServer({
    folder: playgroundFolder,
    searchPath,
    baseUrl: server.url,
    logFile: join(logs, 'playground.log'),
    // The playground signs as a forge would, and only who checks that can open the secret.
    readWebhookSecret: (repository) =>
      options.readWebhookSecret({ ...connection, credentials: services.credentialsOf('webhook') }, repository),
  });
  // After the functions, which fetch from the playground: it does not go away before they end. A client that holds its
  // connection would hold up the playground.
  closers.defer(() => server.close().then(playground.close));

  const proxyEnv = pickProxy(options.proxyEnv);
  const metrics = createMetricRegistry();
  const countLine = (line: string) => metrics.add(parseMetrics(line));
  const functions = new Map(
    deployment.functions.map((definition) => {
      const environment = { ...proxyEnv, ...createEnvironment(services, definition), ...definition.environment };
      const logFile = join(logs, `${definition.name}.log`);
      return [definition.arn, createLambdaFunction({ ...definition, environment }, logFile, countLine)];
    }),
  );
  const stopping = new AbortController();
  /** What calls functions by itself, until it is stopped. */
  const callers: Promise<void>[] = [];
  closers.defer(async () => {
    stopping.abort();
    await Promise.all([...callers, ...[...functions.values()].map((one) => one.close(GRACE_MILLISECONDS))]);
  });

  const id = randomUUID();
  const readStatus = () => options.readStatus(connection);
  const gateway = createHttpGateway(deployment.routes.map((route) => withTarget(route, functions)));
  server.serve = createLocalRoutes({ id, playground, metrics, readStatus, gateway });

  services.releaseInFlight();
  for (const mapping of deployment.mappings) {
    // Lambda polls a queue as the function that it feeds.
    const { name = '' } = deployment.functions.find(({ arn }) => arn === mapping.functionArn) ?? {};
    callers.push(runEventSource(services.callAs(name), withTarget(mapping, functions), stopping.signal));
  }
  for (const schedule of deployment.schedules) {
    callers.push(runSchedule(withTarget(schedule, functions), stopping.signal));
  }

  const running: RunningInstance = { ...connection, id };
  writeSecretFile(instanceFile(dataFolder), running);
  closers.defer(() => rmSync(instanceFile(dataFolder), { force: true }));

  return { apiUrl: server.url, connection, playgroundFolder, onAlert: services.onMessage };
}

type Functions = ReadonlyMap<string, LambdaFunction>;

function withTarget<Trigger extends { readonly functionArn: string }>(trigger: Trigger, functions: Functions) {
  const target = functions.get(trigger.functionArn);
  if (target !== undefined) return { ...trigger, target };
  const message = `${trigger.functionArn} is no function: only functions can be called on this machine. Change infra/aws.`;
  throw new HeadlockError('unsupported_resource', message, { kind: 'configuration' });
}

/** Nothing else of this process's environment is passed on. */
function pickProxy(environment: ProxyEnvironment = {}): Record<string, string> {
  const { HTTPS_PROXY = '', NO_PROXY = '' } = environment;
  return HTTPS_PROXY === '' ? {} : { HTTPS_PROXY, NO_PROXY };
}

/** What Lambda itself puts into a function's environment. Files of AWS settings on this machine have no say. */
function createEnvironment(
  { endpoint, region, credentialsOf }: Services,
  { name, memoryMegabytes }: FunctionDefinition,
): Record<string, string> {
  const credentials = credentialsOf(name);
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
