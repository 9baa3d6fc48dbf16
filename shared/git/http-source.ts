import { parseRemoteUrl } from '../model/remote-url.ts';
import { HTTP_AGENTS, type HttpAgents } from './http-agents.ts';
import { createHttpTransport, type HttpCredentials } from './http-transport.ts';
import type { RepositorySource } from './ref-source.ts';
import { createRemoteSource, type RemoteSourceOptions } from './remote-source.ts';

export interface HttpSourceOptions extends Omit<RemoteSourceOptions, 'transport'> {
  /** As `parseRemoteUrl` takes it. */
  readonly url: string;
  readonly credentials: HttpCredentials | null;
  readonly agents?: HttpAgents;
}

/** Commits and tags of a repository over smart HTTP. @throws HeadlockError where the URL cannot be used */
export function createHttpSource(options: HttpSourceOptions): RepositorySource {
  const { credentials, userAgent, agents = HTTP_AGENTS } = options;
  const transport = createHttpTransport({ url: parseRemoteUrl(options.url), credentials, agents, userAgent });
  return createRemoteSource({ ...options, transport });
}
