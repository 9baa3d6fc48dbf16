import type { Command } from 'commander';
import { DEFAULT_INSTALLATION } from '../../infra/aws/installation.ts';
import { HeadlockError } from '../../shared/model/headlock-error.ts';
import { createAsker } from '../ask.ts';
import type { CommandContext, ExitStatus } from '../command-context.ts';
import { type CommonOptions, createStackOption, defineCommand } from '../define-command.ts';
import { describeDestruction, describeRemains, listKeys } from '../output/describe-destroy.ts';

interface DestroyOptions extends CommonOptions {
  readonly stack?: string;
  readonly confirm?: string;
}

export function createDestroyCommand(context: CommandContext): Command {
  const summary = 'Delete what runs on AWS, and keep what is trusted: the table and the keys stay.';
  const examples = ['headlock destroy --stack staging', 'headlock destroy --stack staging --confirm staging'];
  return defineCommand(context.terminal, { name: 'destroy', summary, examples })
    .addOption(createStackOption())
    .option('--confirm <name>', "the installation's name once more, where there is no terminal to ask at")
    .action(async (options: DestroyOptions) => context.finish(await destroy(options, context)));
}

async function destroy(
  { stack = DEFAULT_INSTALLATION, confirm, output }: DestroyOptions,
  { terminal }: CommandContext,
): Promise<ExitStatus> {
  const { findDeployment } = await import('../aws/find-deployment.ts');
  const { deleteStack } = await import('../aws/delete-stack.ts');
  const deployment = await findDeployment(stack, true);
  if (output === 'text') terminal.print(`${describeDestruction(deployment, terminal.style)}\n`);
  if ((confirm ?? (await askForName(terminal))) !== stack) {
    throw new HeadlockError('not_confirmed', `Nothing was deleted: ${stack} was not typed.`, { kind: 'input' });
  }
  terminal.progress(`Deleting ${deployment.service.name} …`);
  await deleteStack(deployment.service.name);
  const { installation, service, state, outputs } = deployment;
  const kept = { stack: state?.name ?? null, table: outputs.TableName, keys: listKeys(deployment) };
  if (output === 'json') terminal.print(JSON.stringify({ installation, deleted: service.name, kept }, null, 2));
  else terminal.print(`${service.name} is deleted.\n\n${describeRemains(deployment, terminal.style)}`);
  return 0;
}

async function askForName(terminal: CommandContext['terminal']): Promise<string> {
  const asker = createAsker(terminal);
  try {
    return await asker.ask("Type the installation's name to go on", '');
  } finally {
    asker.close();
  }
}
