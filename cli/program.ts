import type { Command } from 'commander';
import manifest from '../package.json' with { type: 'json' };
import type { CommandContext } from './command-context.ts';
import { createApplyCommand } from './commands/apply.ts';
import { createDemoCommand } from './commands/demo.ts';
import { createSecretCommand } from './commands/secret.ts';
import { createStartCommand } from './commands/start.ts';
import { createStatusCommand } from './commands/status.ts';
import { createTokenCommand } from './commands/token.ts';
import { createUnlockCommand } from './commands/unlock.ts';
import { createVerifyCommand } from './commands/verify.ts';
import { defineCommandGroup } from './define-command.ts';

const COMMANDS = [
  createStartCommand,
  createDemoCommand,
  createVerifyCommand,
  createApplyCommand,
  createStatusCommand,
  createUnlockCommand,
  createSecretCommand,
  createTokenCommand,
];

/** The whole command line (interfaces, part 2). */
export function createProgram(context: CommandContext): Command {
  const program = defineCommandGroup(context.terminal, 'headlock', manifest.description).version(manifest.version);
  for (const create of COMMANDS) program.addCommand(create(context));
  return program;
}
