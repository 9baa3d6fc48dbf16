import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { z } from 'zod';
import { HeadlockError } from '../../shared/model/headlock-error.ts';
import { OPERATOR } from './iam/principals.ts';
import { readAssembly } from './runtime/assembly.ts';
import { type Deployment, deployStacks } from './runtime/deploy-stacks.ts';
import { synthesize } from './runtime/synthesize.ts';
import { readSecretFile } from './services/secret-file.ts';
import { type Services, startServices } from './services/start-services.ts';

const CONNECTION = z.object({
  /** Null where only the data folder is open: no function runs then. */
  apiUrl: z.string().nullable(),
  /** For `AWS_ENDPOINT_URL`. */
  endpoint: z.string(),
  region: z.string(),
  credentials: z.object({ accessKeyId: z.string(), secretAccessKey: z.string() }),
  tableName: z.string(),
  queueUrl: z.string(),
  /** What failed too often: hints at branches, and what forges are to be told. */
  deadLetterUrls: z.object({ decisions: z.string(), statuses: z.string() }),
  topicArn: z.string(),
  secretsKeyArn: z.string(),
  statementKeyArn: z.string(),
});

/** How to reach the services of a data folder, and what the stacks named in them. */
export type Connection = Readonly<z.infer<typeof CONNECTION>>;

export interface OpenConnection extends Connection {
  close(): Promise<void>;
}

const RUNNING_INSTANCE = CONNECTION.extend({ apiUrl: z.string(), id: z.uuid() });

export type RunningInstance = Readonly<z.infer<typeof RUNNING_INSTANCE>>;

/** The checkout that this file belongs to. */
export const PROJECT = join(import.meta.dirname, '..', '..');

/** Where an instance says to the others that it runs. Only its own user can read the file. */
export function instanceFile(dataFolder: string): string {
  return join(dataFolder, 'instance.json');
}

/** Longer than an instance takes to start, or a command to end. */
const PATIENCE_MILLISECONDS = 5000;
const RETRY_MILLISECONDS = 200;

/**
 * Joins the instance that runs on a data folder, or opens the folder itself.
 *
 * @param assembly - a cloud assembly in place of the project's own.
 * @param onWaiting - told each time that somebody has the folder who is no running instance
 * @throws HeadlockError `no_data_folder`, `data_folder_in_use`
 */
export async function openConnection(
  dataFolder: string,
  assembly?: string,
  onWaiting: () => void = () => {},
): Promise<OpenConnection> {
  if (!existsSync(dataFolder)) {
    const message = `There is no data folder ${dataFolder}. Run \`headlock start\` first, or name another folder with --data.`;
    throw new HeadlockError('no_data_folder', message, { kind: 'configuration' });
  }
  const deadline = Date.now() + PATIENCE_MILLISECONDS;
  for (;;) {
    const running = await findRunningInstance(dataFolder);
    if (running !== null) return { ...running, close: async () => {} };
    try {
      return await openDataFolder(dataFolder, assembly);
    } catch (error) {
      const inUse = error instanceof HeadlockError && error.code === 'data_folder_in_use';
      if (!inUse || Date.now() > deadline) throw error;
    }
    onWaiting();
    await setTimeout(RETRY_MILLISECONDS);
  }
}

async function openDataFolder(dataFolder: string, assembly?: string): Promise<OpenConnection> {
  const services = await startServices({ folder: dataFolder });
  try {
    // Nobody else has the folder: what the file says is of an instance that was killed.
    rmSync(instanceFile(dataFolder), { force: true });
    const deployment = await deployProject(services, assembly);
    return { apiUrl: null, ...describeConnection(services, deployment), close: services.close };
  } catch (error) {
    await services.close();
    throw error;
  }
}

/** @param assembly - a cloud assembly in place of the project's own. */
export async function deployProject(services: Services, assembly?: string): Promise<Deployment> {
  return deployStacks(await readAssembly(assembly ?? (await synthesize(PROJECT))), services);
}

export function describeConnection(
  { endpoint, region, credentialsOf }: Services,
  { readOutput }: Deployment,
): Omit<Connection, 'apiUrl'> {
  return {
    endpoint,
    region,
    credentials: credentialsOf(OPERATOR),
    tableName: readOutput('TableName'),
    queueUrl: readOutput('QueueUrl'),
    deadLetterUrls: {
      decisions: readOutput('DecisionsDeadLettersUrl'),
      statuses: readOutput('StatusesDeadLettersUrl'),
    },
    topicArn: readOutput('TopicArn'),
    secretsKeyArn: readOutput('SecretsKeyArn'),
    statementKeyArn: readOutput('StatementKeyArn'),
  };
}

/** The file outlives an instance that was killed, and its port and process id may be another's by now: so the instance is asked. */
async function findRunningInstance(dataFolder: string): Promise<RunningInstance | null> {
  try {
    const instance = readSecretFile(instanceFile(dataFolder), RUNNING_INSTANCE);
    if (instance === null) return null;
    const response = await fetch(`${instance.apiUrl}/instance`, { signal: AbortSignal.timeout(2000) });
    return (await response.text()) === instance.id ? instance : null;
  } catch {
    return null;
  }
}
