import type { Command } from 'commander';
import manifest from '../package.json' with { type: 'json' };
import type { CommandContext } from './command-context.ts';
import { defineCommandGroup } from './define-command.ts';

type CreateCommand = (context: CommandContext) => Command;

/** Loaded when they are asked for: a check in a hook must not wait for clients of AWS. */
const COMMANDS: ReadonlyMap<string, () => Promise<CreateCommand>> = new Map([
  ['start', async () => (await import('./commands/start.ts')).createStartCommand],
  ['demo', async () => (await import('./commands/demo.ts')).createDemoCommand],
  ['init', async () => (await import('./commands/init.ts')).createInitCommand],
  ['audit', async () => (await import('./commands/audit.ts')).createAuditCommand],
  ['verify', async () => (await import('./commands/verify.ts')).createVerifyCommand],
  ['apply', async () => (await import('./commands/apply.ts')).createApplyCommand],
  ['status', async () => (await import('./commands/status.ts')).createStatusCommand],
  ['log', async () => (await import('./commands/log.ts')).createLogCommand],
  ['explain', async () => (await import('./commands/explain.ts')).createExplainCommand],
  ['schema', async () => (await import('./commands/schema.ts')).createSchemaCommand],
  ['unlock', async () => (await import('./commands/unlock.ts')).createUnlockCommand],
  ['secret', async () => (await import('./commands/secret.ts')).createSecretCommand],
  ['redrive', async () => (await import('./commands/redrive.ts')).createRedriveCommand],
  ['doctor', async () => (await import('./commands/doctor.ts')).createDoctorCommand],
  ['restore', async () => (await import('./commands/restore.ts')).createRestoreCommand],
  ['deploy', async () => (await import('./commands/deploy.ts')).createDeployCommand],
  ['destroy', async () => (await import('./commands/destroy.ts')).createDestroyCommand],
  ['token', async () => (await import('./commands/token.ts')).createTokenCommand],
]);

/** The command line (interfaces, part 2): the command that the arguments name, or else all of them. */
export async function createProgram(args: readonly string[], context: CommandContext): Promise<Command> {
  const program = defineCommandGroup(context.terminal, 'headlock', manifest.description).version(manifest.version);
  const named = COMMANDS.get(args[0] ?? '');
  const loading = named === undefined ? [...COMMANDS.values()].map((load) => load()) : [named()];
  for (const create of await Promise.all(loading)) program.addCommand(create(context));
  return program;
}
