import { type Instance, startInstance } from '../../infra/local/instance.ts';
import type { Interceptor } from '../../infra/local/services/dispatch.ts';
import type { ProxyEnvironment } from '../../shared/git/http-agents.ts';
import type { Installation } from './installation.ts';
import { createInstallation } from './open-installation.ts';
import { readStatus } from './read-status.ts';

export interface StartOptions {
  readonly dataFolder: string;
  /** 0: any free one; without it the usual one. */
  readonly port?: number | undefined;
  /** `PATH`, to find git. */
  readonly searchPath: string;
  readonly proxyEnv?: ProxyEnvironment;
  /** A cloud assembly in place of the project's own. */
  readonly assembly?: string;
  /** Stands around each call that a function or a command makes of AWS. */
  readonly intercept?: Interceptor;
}

export interface RunningHeadlock {
  readonly instance: Instance;
  readonly installation: Installation;
  stop(): Promise<void>;
}

/**
 * Runs Headlock on this machine, with what the status page and the playground's webhooks need.
 * @throws HeadlockError `data_folder_in_use`, `port_in_use`, `synthesis_failed`
 */
export async function startHeadlock(options: StartOptions): Promise<RunningHeadlock> {
  /** By the access key that they use. */
  const installations = new Map<string, Installation>();
  const connect = (connection: Instance['connection']): Installation => {
    const { accessKeyId } = connection.credentials;
    const installation = installations.get(accessKeyId) ?? createInstallation(connection);
    installations.set(accessKeyId, installation);
    return installation;
  };
  const { dataFolder, searchPath, proxyEnv = {}, port, assembly, intercept } = options;
  const instance = await startInstance({
    dataFolder,
    searchPath,
    proxyEnv,
    ...(port === undefined ? {} : { port }),
    ...(intercept === undefined ? {} : { intercept }),
    ...(assembly === undefined ? {} : { assembly }),
    readStatus: (connection) => readStatus({}, connect(connection)),
    readWebhookSecret: (connection, repository) => readWebhookSecret(repository, connect(connection)),
  });
  const installation = connect(instance.connection);
  return {
    instance,
    installation,
    stop: async () => {
      await instance.stop();
      for (const one of installations.values()) await one.close();
    },
  };
}

async function readWebhookSecret(
  repository: string,
  { policies, vault }: Pick<Installation, 'policies' | 'vault'>,
): Promise<string | null> {
  const name = (await policies.readPolicy(repository))?.policy.webhook?.secretRef;
  return name === undefined ? null : ((await vault.open(name, 'webhook'))?.[0] ?? null);
}
