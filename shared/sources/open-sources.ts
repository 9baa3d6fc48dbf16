import { createHash } from 'node:crypto';
import { createAppTokens } from '../forges/app-tokens.ts';
import type { SourceUnreachable } from '../git/commit-source.ts';
import { createAgentsByAuthority, type ProxyEnvironment } from '../git/http-agents.ts';
import type { HttpCredentials } from '../git/http-transport.ts';
import type { RepositorySource } from '../git/ref-source.ts';
import type { RememberedRemote } from '../git/remembered-remote.ts';
import type { SecretVault } from '../kms/secret-vault.ts';
import type { BranchLimits } from '../model/limits.ts';
import type { GitCredentials, RepositoryPolicy } from '../model/policy.ts';
import { APP_TOKEN_TIMEOUT_MS, FORGE_DEADLINE_MS } from '../model/time-limits.ts';
import { openAppSource } from './open-app-source.ts';
import { openSecret } from './open-secret.ts';
import { openSshRemotes } from './open-ssh-remotes.ts';
import { USER_AGENT } from './user-agent.ts';

/** Remotes that a process remembers. Each is small, but for its kept connections, which close by themselves. */
const MAX_REMOTES = 500;

/** One source for each value of the repository's credential, the newest first; for one decision, since they end together. */
export type OpenSources = (
  policy: RepositoryPolicy,
  limits: BranchLimits,
) => Promise<readonly RepositorySource[] | SourceUnreachable>;

/**
 * Opens repositories for a process: it keeps connections, what servers offer, and tokens of apps from one decision to the next,
 * so that each takes two requests.
 */
export function createSourceOpener(vault: Pick<SecretVault, 'open'>, proxyEnv: ProxyEnvironment): OpenSources {
  const agentsOf = createAgentsByAuthority(proxyEnv);
  const tokens = createAppTokens();
  const remotes = new Map<string, RememberedRemote>();
  /** @param access - all that the remote is made of */
  const remember = (access: unknown, create: () => RememberedRemote): RememberedRemote => {
    const name = createHash('sha256').update(JSON.stringify(access)).digest('base64');
    const remote = remotes.get(name) ?? create();
    if (!remotes.has(name) && remotes.size === MAX_REMOTES) remotes.clear();
    remotes.set(name, remote);
    return remote;
  };

  return async ({ url, credentials, certificateAuthority }, limits) => {
    // Loaded here, since a decision that finds nothing to look at asks no forge.
    const { createHttpRemote } = await import('../git/http-source.ts');
    const { createRemoteSource } = await import('../git/remote-source.ts');
    const userAgent = USER_AGENT;
    const agents = agentsOf(certificateAuthority);
    const deadline = AbortSignal.timeout(FORGE_DEADLINE_MS);
    const openRemote = (remote: RememberedRemote): RepositorySource =>
      createRemoteSource({ remote, limits, timeoutMs: FORGE_DEADLINE_MS, deadline });
    const open = (each: HttpCredentials | null): RepositorySource => {
      const create = () => createHttpRemote({ url, credentials: each, agents, userAgent });
      return openRemote(remember([url, each, certificateAuthority], create));
    };
    if (credentials === null) return [open(null)];
    if ('app' in credentials) {
      const { app } = credentials;
      const privateKeys = await openSecret(vault, app.privateKey, 'app');
      if ('kind' in privateKeys) return privateKeys;
      const request = { app, privateKeys, repositoryUrl: url, permission: 'contents: read' } as const;
      const call = { userAgent, timeoutMs: APP_TOKEN_TIMEOUT_MS, agents };
      const source = await openAppSource({ ...request, ...call }, tokens, open);
      return 'kind' in source ? source : [source];
    }
    if ('sshKey' in credentials) {
      const opened = await openSshRemotes(vault, credentials, { url, userAgent, remember });
      return 'kind' in opened ? opened : opened.map(openRemote);
    }
    const opened = await openCredentials(vault, credentials);
    return 'kind' in opened ? opened : opened.map(open);
  };
}

async function openCredentials(
  vault: Pick<SecretVault, 'open'>,
  credentials: Extract<GitCredentials, { readonly bearer: unknown } | { readonly username: unknown }>,
): Promise<readonly HttpCredentials[] | SourceUnreachable> {
  const values = await openSecret(vault, 'bearer' in credentials ? credentials.bearer : credentials.password, 'git');
  if ('kind' in values) return values;
  if ('bearer' in credentials) return values.map((token) => ({ kind: 'bearer', token }));
  const { username } = credentials;
  return values.map((password) => ({ kind: 'basic', username, password }));
}
