import { parseRemoteUrl } from '../model/remote-url.ts';
import { HTTP_AGENTS, type HttpAgents } from './http-agents.ts';
import { createHttpTransport, type HttpCredentials } from './http-transport.ts';
import type { RepositorySource } from './ref-source.ts';
import { createRememberedRemote, type RememberedRemote } from './remembered-remote.ts';
import { createRemoteSource, type RemoteSourceOptions } from './remote-source.ts';

export interface HttpRemoteOptions {
  /** As `parseRemoteUrl` takes it. */
  readonly url: string;
  readonly credentials: HttpCredentials | null;
  readonly agents?: HttpAgents;
  /** Printable ASCII without spaces: `headlock/0.1.0`. */
  readonly userAgent: string;
}

export type HttpSourceOptions = HttpRemoteOptions & Omit<RemoteSourceOptions, 'remote'>;

/** @throws HeadlockError where the URL cannot be used */
export function createHttpRemote(options: HttpRemoteOptions): RememberedRemote {
  const { credentials, userAgent, agents = HTTP_AGENTS } = options;
  const transport = createHttpTransport({ url: parseRemoteUrl(options.url), credentials, agents, userAgent });
  return createRememberedRemote(transport, userAgent);
}

/** Commits and tags of a repository over smart HTTP. @throws HeadlockError where the URL cannot be used */
export function createHttpSource(options: HttpSourceOptions): RepositorySource {
  return createRemoteSource({ ...options, remote: createHttpRemote(options) });
}
