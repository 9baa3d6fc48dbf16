import type { Command } from 'commander';
import manifest from '../package.json' with { type: 'json' };
import type { CommandContext } from './command-context.ts';
import { createVerifyCommand } from './commands/verify.ts';
import { defineCommandGroup } from './define-command.ts';

/** The whole command line (interfaces, part 2). */
export function createProgram(context: CommandContext): Command {
  const program = defineCommandGroup(context.terminal, 'headlock', manifest.description).version(manifest.version);
  for (const create of COMMANDS) program.addCommand(create(context));
  return program;
}

const COMMANDS = [createVerifyCommand];
