import { parseSshUrl } from '../model/ssh-url.ts';
import type { RepositorySource } from './ref-source.ts';
import { createRemoteSource, type RemoteSourceOptions } from './remote-source.ts';
import { createSshTransport, type SshTransportOptions } from './ssh-transport.ts';

export interface SshSourceOptions extends Omit<RemoteSourceOptions, 'transport'>, Omit<SshTransportOptions, 'url'> {
  /** As `parseSshUrl` takes it. */
  readonly url: string;
}

/** Commits and tags of a repository behind SSH. @throws HeadlockError where the URL cannot be used */
export function createSshSource(options: SshSourceOptions): RepositorySource {
  const transport = createSshTransport({ ...options, url: parseSshUrl(options.url) });
  return createRemoteSource({ ...options, transport });
}
