import { CommanderError } from 'commander';
import type { CommandContext, ExitStatus } from './command-context.ts';
import { describeError } from './output/describe-error.ts';
import { createProgram } from './program.ts';

/** Runs one command line. Never throws: whatever went wrong is told in one line, or in one line for each problem of a policy. */
export async function run(
  args: readonly string[],
  { terminal, settings }: Omit<CommandContext, 'finish'>,
): Promise<ExitStatus> {
  let status: ExitStatus = 0;
  const finish = (ended: ExitStatus): void => {
    status = ended;
  };
  try {
    const program = await createProgram(args, { terminal, settings, finish });
    await program.parseAsync(args, { from: 'user' });
    terminal.progress('');
    return status;
  } catch (error) {
    // commander has told it already.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    const { text, exitStatus } = describeError(error);
    terminal.warn(text);
    if (settings.debug && error instanceof Error) terminal.warn(error.stack ?? '');
    return exitStatus;
  }
}
