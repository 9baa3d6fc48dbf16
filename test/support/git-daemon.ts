import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { cleanGitEnvironment } from './git-repository.ts';

export interface GitDaemon {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Serves the repositories under `root` with real `git daemon`, one process a connection, on a free loopback port.
 * @param config - git configuration of the server side
 */
export async function startGitDaemon(root: string, config: Readonly<Record<string, string>>): Promise<GitDaemon> {
  const sockets = new Set<Socket>();
  const settings = Object.entries({ 'safe.directory': '*', ...config }).flatMap(([key, value]) => [
    '-c',
    `${key}=${value}`,
  ]);
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    const args = [...settings, 'daemon', '--inetd', '--export-all', `--base-path=${root}`];
    const child = spawn('git', args, { stdio: ['pipe', 'pipe', 'ignore'], env: cleanGitEnvironment(root) });
    child.stdin.on('error', () => {}); // git may refuse before it has read everything.
    socket
      .on('error', () => {})
      .on('close', () => {
        sockets.delete(socket);
        child.kill();
      });
    socket.pipe(child.stdin);
    child.stdout.pipe(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
