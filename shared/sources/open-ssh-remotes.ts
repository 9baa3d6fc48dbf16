import type { SourceUnreachable } from '../git/commit-source.ts';
import type { RememberedRemote } from '../git/remembered-remote.ts';
import type { SecretVault } from '../kms/secret-vault.ts';
import type { SshCredentials } from '../model/policy.ts';
import { openSecret } from './open-secret.ts';

export interface SshOpening {
  readonly url: string;
  readonly userAgent: string;
  /** Gives the remote that was made of the same before. */
  remember(access: unknown, create: () => RememberedRemote): RememberedRemote;
}

/** One remote for each value of the deploy key, the newest first, with each value of its passphrase. */
export async function openSshRemotes(
  vault: Pick<SecretVault, 'open'>,
  { sshKey, passphrase, knownHosts }: SshCredentials,
  { url, userAgent, remember }: SshOpening,
): Promise<readonly RememberedRemote[] | SourceUnreachable> {
  const privateKeys = await openSecret(vault, sshKey, 'git');
  if ('kind' in privateKeys) return privateKeys;
  const passphrases = passphrase === null ? [null] : await openSecret(vault, passphrase, 'git');
  if ('kind' in passphrases) return passphrases;
  // Loaded where it is needed: whoever fetches over HTTP must not wait for an SSH client.
  const { createSshRemote } = await import('../git/ssh-remote.ts');
  return privateKeys.flatMap((privateKey) =>
    passphrases.map((each) => {
      const access = { url, privateKey, passphrase: each, knownHosts };
      return remember(access, () => createSshRemote({ ...access, userAgent }));
    }),
  );
}
