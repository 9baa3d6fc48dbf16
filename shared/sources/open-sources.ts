import { createAppTokens } from '../forges/app-tokens.ts';
import type { SourceUnreachable } from '../git/commit-source.ts';
import { createHttpSource } from '../git/http-source.ts';
import type { HttpCredentials } from '../git/http-transport.ts';
import type { RepositorySource } from '../git/ref-source.ts';
import type { SecretVault } from '../kms/secret-vault.ts';
import type { BranchLimits } from '../model/limits.ts';
import type { GitCredentials, RepositoryPolicy } from '../model/policy.ts';
import { openAppSource } from './open-app-source.ts';
import { openSecret } from './open-secret.ts';
import { openSshSources } from './open-ssh-sources.ts';

/** Milliseconds that one request to a forge may take: the five that a decision makes at most fit into its function's 120 s. */
const REQUEST_TIMEOUT_MS = 20_000;
/** Likewise that a token of an app may take: two requests of a few hundred bytes. */
const TOKEN_TIMEOUT_MS = 10_000;
const USER_AGENT = 'headlock/0.1.0';

/** A process asks for a token of an app once an hour. */
const APP_TOKENS = createAppTokens();

/** One source for each value of the repository's credential, the newest first. */
export async function openSources(
  vault: Pick<SecretVault, 'open'>,
  { url, credentials }: RepositoryPolicy,
  limits: BranchLimits,
): Promise<readonly RepositorySource[] | SourceUnreachable> {
  const userAgent = USER_AGENT;
  const timeoutMs = REQUEST_TIMEOUT_MS;
  const open = (each: HttpCredentials | null) =>
    createHttpSource({ url, credentials: each, limits, timeoutMs, userAgent });
  if (credentials === null) return [open(null)];
  if ('app' in credentials) {
    const { app } = credentials;
    const privateKeys = await openSecret(vault, app.privateKey, 'app');
    if ('kind' in privateKeys) return privateKeys;
    const request = { app, privateKeys, repositoryUrl: url, permission: 'contents: read' } as const;
    const source = await openAppSource({ ...request, userAgent, timeoutMs: TOKEN_TIMEOUT_MS }, APP_TOKENS, open);
    return 'kind' in source ? source : [source];
  }
  if ('sshKey' in credentials) return openSshSources(vault, credentials, { url, limits, timeoutMs, userAgent });
  const opened = await openCredentials(vault, credentials);
  return 'kind' in opened ? opened : opened.map(open);
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
