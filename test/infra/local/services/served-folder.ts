import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import type { Cloud } from '../../../contract/cloud.ts';

export interface ServedFolder {
  readonly settings: Cloud['settings'];
  readonly tableName: string;
  readonly queueUrl: string;
  readonly topicArn: string;
  readonly keyArn: string;
  /** SIGKILL, and until the process is gone. */
  kill(): Promise<void>;
}

const SCRIPT = join(import.meta.dirname, 'serve.ts');

/** Serves the folder from another process. */
export async function serveFolder(folder: string): Promise<ServedFolder> {
  const child = spawn(process.execPath, [SCRIPT, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const [line] = await once(createInterface(child.stdout), 'line');
  return {
    ...JSON.parse(line),
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

/** What a process says that cannot serve the folder. */
export async function failToServe(folder: string): Promise<string> {
  const child = spawn(process.execPath, [SCRIPT, folder], { stdio: ['ignore', 'ignore', 'pipe'] });
  const [errors] = await Promise.all([text(child.stderr), once(child, 'exit')]);
  return errors;
}
