import type { Command } from 'commander';
import type { CommandContext } from '../command-context.ts';
import { type CommonOptions, defineCommand } from '../define-command.ts';
import { hasProgram } from '../has-program.ts';
import type { RunningHeadlock } from '../operations/start-headlock.ts';
import { describeAlert, parseAlert } from '../output/describe-alert.ts';
import { describeStart } from '../output/describe-start.ts';
import { parsePort } from '../parse-argument.ts';
import { hasGitIdentity } from '../playground/has-git-identity.ts';
import type { PreparedPlayground } from '../playground/prepare-playground.ts';
import { catchStopSignals } from '../stop-signals.ts';
import type { Terminal } from '../terminal.ts';

interface StartOptions extends CommonOptions {
  readonly port?: number;
  readonly file?: string;
}

export function createStartCommand(context: CommandContext): Command {
  const summary = 'Run the whole system on this machine, until it is told to stop.';
  const examples = ['headlock start', 'headlock start --port 8080 -f headlock.yaml'];
  return defineCommand(context.terminal, { name: 'start', summary, examples })
    .option('--port <port>', 'port of the HTTP API on this machine (default: 4400)', parsePort)
    .option('-f, --file <policy>', 'policy file to apply; without one there is a playground to push to')
    .action(async (options: StartOptions) => {
      await start(options, context);
      context.finish(0);
    });
}

async function start(
  { port, file, data, output }: StartOptions,
  { terminal, settings }: CommandContext,
): Promise<void> {
  const { searchPath } = settings;
  const { readPolicy } = await import('../policy/read-policy.ts');
  if (file !== undefined) await readPolicy(file); // What is wrong with it is told before anything starts.
  terminal.progress('Starting …');
  const { startHeadlock } = await import('../operations/start-headlock.ts');
  const headlock = await startHeadlock({ dataFolder: data, port, searchPath });
  const signals = catchStopSignals();
  try {
    const playground = file === undefined ? await preparePlayground(headlock, searchPath) : null;
    if (file !== undefined) await applyFile(file, headlock, terminal);
    const { apiUrl } = headlock.instance;
    if (output === 'json') {
      terminal.print(JSON.stringify({ event: 'started', apiUrl, ...playground }));
    } else {
      const [canSignWithSsh, hasIdentity] = await Promise.all([
        hasProgram('ssh-keygen', searchPath),
        hasGitIdentity(settings),
      ]);
      const policyFile = file ?? playground?.policyFile ?? '';
      const started = { apiUrl, dataFolder: data, policyFile, playground, canSignWithSsh, hasIdentity };
      terminal.print(describeStart(started, terminal.style));
    }
    headlock.instance.onAlert(({ message, published }) => showAlert(message, published, output, terminal));
    await signals.received;
    terminal.progress('Stopping …');
  } finally {
    signals.release();
    await headlock.stop();
  }
}

/** Loaded late, as everything that needs the instance. */
async function preparePlayground(headlock: RunningHeadlock, searchPath: string): Promise<PreparedPlayground> {
  const playground = await import('../playground/prepare-playground.ts');
  return playground.preparePlayground(headlock, searchPath);
}

async function applyFile(file: string, { installation }: RunningHeadlock, terminal: Terminal): Promise<void> {
  const { applyPolicyFile } = await import('../operations/apply-policy-file.ts');
  const { plan } = await applyPolicyFile(file, installation);
  for (const warning of plan.warnings) terminal.warn(`warning: ${warning}`);
}

function showAlert(message: string, published: string, output: CommonOptions['output'], terminal: Terminal): void {
  const alert = parseAlert(message);
  if (output === 'json') terminal.print(JSON.stringify({ event: 'alert', published, ...alert }));
  else terminal.print(`${terminal.style.dim(published.slice(11, 19))} ${describeAlert(alert, terminal.style)}`);
}
