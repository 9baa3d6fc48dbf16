import type { SourceUnreachable } from '../git/commit-source.ts';
import type { RepositorySource } from '../git/ref-source.ts';
import type { RemoteSourceOptions } from '../git/remote-source.ts';
import type { SecretVault } from '../kms/secret-vault.ts';
import type { SshCredentials } from '../model/policy.ts';
import { openSecret } from './open-secret.ts';

/** One source for each value of the deploy key, the newest first, with each value of its passphrase. */
export async function openSshSources(
  vault: Pick<SecretVault, 'open'>,
  { sshKey, passphrase, knownHosts }: SshCredentials,
  options: Omit<RemoteSourceOptions, 'transport'> & { readonly url: string },
): Promise<readonly RepositorySource[] | SourceUnreachable> {
  const privateKeys = await openSecret(vault, sshKey, 'git');
  if ('kind' in privateKeys) return privateKeys;
  const passphrases = passphrase === null ? [null] : await openSecret(vault, passphrase, 'git');
  if ('kind' in passphrases) return passphrases;
  // Loaded where it is needed: whoever fetches over HTTP must not wait for an SSH client.
  const { createSshSource } = await import('../git/ssh-source.ts');
  return privateKeys.flatMap((privateKey) =>
    passphrases.map((each) => createSshSource({ ...options, privateKey, passphrase: each, knownHosts })),
  );
}
