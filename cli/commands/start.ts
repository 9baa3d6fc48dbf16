import type { Command } from 'commander';
import type { CommandContext } from '../command-context.ts';
import { type DataOptions, defineDataCommand } from '../define-command.ts';
import { serveUntilStopped } from '../operations/serve-until-stopped.ts';
import { parsePort } from '../parse-argument.ts';

export interface StartOptions extends DataOptions {
  readonly port?: number;
  readonly file?: string;
}

export function createStartCommand(context: CommandContext): Command {
  const summary = 'Run the whole system on this machine, until it is told to stop.';
  const examples = ['headlock start', 'headlock start --port 8080 -f headlock.yaml'];
  return defineDataCommand(context.terminal, { name: 'start', summary, examples })
    .option('--port <port>', 'port of the HTTP API on this machine (default: 4400)', parsePort)
    .option('-f, --file <policy>', 'policy file to apply; without one there is a playground to push to')
    .action(async (options: StartOptions) => {
      context.terminal.progress('Starting …');
      await serveUntilStopped(options, context);
      context.finish(0);
    });
}
