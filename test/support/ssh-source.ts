import type { RepositorySource } from '../../shared/git/ref-source.ts';
import { createRemoteSource, type RemoteSourceOptions } from '../../shared/git/remote-source.ts';
import { createSshRemote, type SshRemoteOptions } from '../../shared/git/ssh-remote.ts';

export type SshSourceOptions = SshRemoteOptions & Omit<RemoteSourceOptions, 'remote'>;

/** Commits and tags of a repository behind SSH, as a decision opens it. */
export function createSshSource(options: SshSourceOptions): RepositorySource {
  return createRemoteSource({ ...options, remote: createSshRemote(options) });
}
