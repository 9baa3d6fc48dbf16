import type { Command } from 'commander';
import { HeadlockError } from '../../shared/model/headlock-error.ts';
import type { CommandContext, ExitStatus } from '../command-context.ts';
import { type CommonOptions, defineCommand } from '../define-command.ts';
import { DemoFailure } from '../demo/demo-world.ts';
import { type DemoAudience, playDemo } from '../demo/play-demo.ts';
import { createDemoScreen, describeStepsAsJson, describeSummary } from '../output/demo-screen.ts';
import { catchStopSignals } from '../stop-signals.ts';

export function createDemoCommand(context: CommandContext): Command {
  const summary = 'Play what Headlock is for, on an instance of its own that is deleted afterwards.';
  return defineCommand(context.terminal, { name: 'demo', summary, examples: ['headlock demo'] }).action(
    async (options: CommonOptions) => {
      context.finish(await demo(options, context));
    },
  );
}

const SILENCE: DemoAudience = { onReady() {}, onStep() {}, onCommand() {}, onOutcome() {} };

async function demo({ output }: CommonOptions, { terminal, settings }: CommandContext): Promise<ExitStatus> {
  terminal.progress('Starting …');
  const signals = catchStopSignals();
  const interrupted = signals.received.then((): never => {
    throw new HeadlockError('interrupted', 'The demo was interrupted. What it made is deleted.', { kind: 'input' });
  });
  try {
    const audience = output === 'text' ? createDemoScreen(terminal) : SILENCE;
    const played = await playDemo(settings.searchPath, audience, interrupted);
    terminal.print(output === 'text' ? describeSummary(played, terminal.style) : describeStepsAsJson(played));
    return 0;
  } catch (error) {
    if (!(error instanceof DemoFailure)) throw error;
    terminal.warn(`headlock: ${error.message}`);
    return 1;
  } finally {
    signals.release();
  }
}
