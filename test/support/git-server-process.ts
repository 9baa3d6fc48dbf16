import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export interface GitServerProcess {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  close(): Promise<void>;
}

/** Serves the repositories under `root` by real git, from a process of its own: what a client does is not what it waits for. */
export async function startGitServerProcess(root: string): Promise<GitServerProcess> {
  const server = spawn(process.execPath, [join(import.meta.dirname, 'serve-git.ts'), root], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(server, 'exit');
  const [url] = await Promise.race([once(createInterface(server.stdout), 'line'), ended.then(() => [])]);
  if (url === undefined) throw new Error('The git server ended before it had an address.');
  return {
    url,
    async close() {
      server.stdin.end();
      await ended;
    },
  };
}
