import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export interface Served {
  readonly process: ChildProcess;
  /** What the process said. */
  // biome-ignore lint/suspicious/noExplicitAny: a line of JSON of our own script
  readonly says: any;
  /** SIGKILL, and until it is gone. */
  kill(): Promise<void>;
}

/** Runs `serve.ts` on the folder. */
export async function serveFolder(folder: string): Promise<Served> {
  const script = join(import.meta.dirname, 'serve.ts');
  const child = spawn(process.execPath, [script, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const [line] = await once(createInterface(child.stdout), 'line');
  return {
    process: child,
    says: JSON.parse(line),
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
