import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runHeadlock } from '../support/run-headlock.ts';
import type { Order, Told } from './serve.ts';

/** The embedded stack in a process of its own. */
export interface LoadedInstance {
  readonly origin: string;
  readonly dataFolder: string;
  /** Runs a command on its data folder. @returns what it printed @throws Error where it does not end with 0 */
  headlock(args: readonly string[], input?: string): Promise<string>;
  /** How many decisions began so far. */
  countDecisions(): Promise<number>;
  /** Processor time of the process and all its threads so far, in milliseconds: proc(5) counts it in hundredths of a second. */
  processorMs(): number;
  stop(): Promise<void>;
}

export async function startLoadedInstance(dataFolder: string): Promise<LoadedInstance> {
  const child = fork(join(import.meta.dirname, 'serve.ts'), [dataFolder], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const ended = once(child, 'exit');
  const hear = async (): Promise<Told> => {
    const told = await Promise.race([once(child, 'message'), ended.then(() => null)]);
    if (told === null) throw new Error('The instance ended.');
    return told[0];
  };
  const order = (text: Order) => child.send(text);
  const started = await hear();
  return {
    origin: 'origin' in started ? started.origin : '',
    dataFolder,
    async headlock(args, input = '') {
      const { status, stdout, stderr } = await runHeadlock([...args, '--data', dataFolder], { input });
      if (status !== 0) throw new Error(`headlock ${args[0]} ended with ${status}: ${stderr}`);
      return stdout;
    },
    async countDecisions() {
      const counted = hear();
      order('count');
      const told = await counted;
      return 'decisions' in told ? told.decisions : Number.NaN;
    },
    processorMs() {
      const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
      return (Number(fields[11]) + Number(fields[12])) * 10;
    },
    async stop() {
      if (child.exitCode === null && child.connected) order('stop');
      await ended;
    },
  };
}
