import type { CommitSource, SourceUnreachable } from '../git/commit-source.ts';
import { createHttpSource } from '../git/http-source.ts';
import type { HttpCredentials } from '../git/http-transport.ts';
import type { TagSource } from '../git/tag-source.ts';
import type { SecretVault } from '../kms/secret-vault.ts';
import { HeadlockError } from '../model/headlock-error.ts';
import type { BranchLimits } from '../model/limits.ts';
import type { GitCredentials, RepositoryPolicy } from '../model/policy.ts';

/** Milliseconds that one request to a forge may take: the five that a decision makes at most fit into its function's 120 s. */
const REQUEST_TIMEOUT_MS = 20_000;
const USER_AGENT = 'headlock/0.1.0';

/** One source for each value of the repository's credential, the newest first. */
export async function openSources(
  vault: Pick<SecretVault, 'open'>,
  { url, credentials }: RepositoryPolicy,
  limits: BranchLimits,
): Promise<readonly (CommitSource & TagSource)[] | SourceUnreachable> {
  const opened = credentials === null ? [null] : await openCredentials(vault, credentials);
  if ('kind' in opened) return opened;
  const timeoutMs = REQUEST_TIMEOUT_MS;
  return opened.map((each) => createHttpSource({ url, credentials: each, limits, timeoutMs, userAgent: USER_AGENT }));
}

async function openCredentials(
  vault: Pick<SecretVault, 'open'>,
  credentials: GitCredentials,
): Promise<readonly HttpCredentials[] | SourceUnreachable> {
  if ('app' in credentials) return unsupported('GitHub Apps');
  if ('sshKey' in credentials) return unsupported('SSH');
  const { secretRef } = 'bearer' in credentials ? credentials.bearer : credentials.password;
  const values = await openSecret(vault, secretRef);
  if (values === null || values.length === 0) {
    const message = `The secret ${secretRef} cannot be opened. Store it with \`headlock secret set ${secretRef} --purpose git\`.`;
    return { kind: 'unreachable', cause: 'missing_secret', message };
  }
  if ('bearer' in credentials) return values.map((token) => ({ kind: 'bearer', token }));
  const { username } = credentials;
  return values.map((password) => ({ kind: 'basic', username, password }));
}

function unsupported(what: string): SourceUnreachable {
  const message = `${what} cannot be used by this build to fetch. Name a token of the forge under \`credentials\`.`;
  return { kind: 'unreachable', cause: 'refused_credentials', message };
}

/** A ciphertext that does not open under this name is as good as none; faults of KMS itself are thrown. */
async function openSecret(vault: Pick<SecretVault, 'open'>, name: string): Promise<readonly string[] | null> {
  try {
    return await vault.open(name, 'git');
  } catch (error) {
    if (error instanceof HeadlockError && error.kind === 'configuration') return null;
    throw error;
  }
}
