import type { GitTransport } from '../../shared/git/git-transport.ts';
import { HTTP_AGENTS } from '../../shared/git/http-agents.ts';
import { createHttpTransport } from '../../shared/git/http-transport.ts';
import { startGitDaemon } from './git-daemon.ts';
import { type GitHttpServerOptions, startGitHttpServer } from './git-http-server.ts';
import { createTcpTransport, type TcpTransportOptions } from './tcp-transport.ts';

/** A real git server, in one version of the protocol. */
export interface GitServerKind {
  readonly name: string;
  /** Which objects it gives out by their ids: what refs point at, commits that these lead to, or any. */
  readonly gives: 'tips' | 'history' | 'anything';
  start(root: string): Promise<StartedGitServer>;
}

export interface StartedGitServer {
  /** The way to the repository of that name under the root. */
  open(name: string): GitTransport;
  close(): Promise<void>;
}

const FILTER = 'uploadpack.allowFilter';

function overHttp(version: 0 | 1 | 2, filters = true): GitServerKind {
  const options: GitHttpServerOptions = {
    config: { [FILTER]: String(filters) },
    ...(version === 2 ? {} : { version }),
  };
  const start = async (root: string): Promise<StartedGitServer> => {
    const server = await startGitHttpServer(root, options);
    const rest = { credentials: null, agents: HTTP_AGENTS, userAgent: 'headlock/test' };
    return {
      open: (name) => createHttpTransport({ url: new URL(`${server.url}/${name}`), ...rest }),
      close: () => server.close(),
    };
  };
  const name = `git http-backend in version ${version}${filters ? '' : ' without filters'}`;
  return { name, gives: version === 2 ? 'anything' : 'history', start };
}

function overTcp(asked: TcpTransportOptions['version'], filters = true): GitServerKind {
  const start = async (root: string): Promise<StartedGitServer> => {
    const daemon = await startGitDaemon(root, { [FILTER]: String(filters) });
    return {
      open: (name) => createTcpTransport({ port: daemon.port, name, version: asked }),
      close: () => daemon.close(),
    };
  };
  const name = `git daemon in version ${asked ?? 0}${filters ? '' : ' without filters'}`;
  return { name, gives: asked === 2 ? 'anything' : 'tips', start };
}

/** Every version over both ways, with and without filters. */
export const GIT_SERVERS: readonly GitServerKind[] = [
  overHttp(2),
  overHttp(2, false),
  overHttp(1),
  overHttp(0, false),
  overTcp(2),
  overTcp(1, false),
  overTcp(null),
];
