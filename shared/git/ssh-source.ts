import { parseSshUrl } from '../model/ssh-url.ts';
import type { RepositorySource } from './ref-source.ts';
import { createRememberedRemote, type RememberedRemote } from './remembered-remote.ts';
import { createRemoteSource, type RemoteSourceOptions } from './remote-source.ts';
import { createSshTransport, type SshTransportOptions } from './ssh-transport.ts';

export interface SshRemoteOptions extends Omit<SshTransportOptions, 'url'> {
  /** As `parseSshUrl` takes it. */
  readonly url: string;
  /** Printable ASCII without spaces: `headlock/0.1.0`. */
  readonly userAgent: string;
}

export type SshSourceOptions = SshRemoteOptions & Omit<RemoteSourceOptions, 'remote'>;

/** @throws HeadlockError where the URL cannot be used */
export function createSshRemote(options: SshRemoteOptions): RememberedRemote {
  const transport = createSshTransport({ ...options, url: parseSshUrl(options.url) });
  return createRememberedRemote(transport, options.userAgent);
}

/** Commits and tags of a repository behind SSH. @throws HeadlockError where the URL cannot be used */
export function createSshSource(options: SshSourceOptions): RepositorySource {
  return createRemoteSource({ ...options, remote: createSshRemote(options) });
}
