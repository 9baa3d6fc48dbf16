import type { PublishedMessage } from '../../infra/local/services/sns/topics.ts';
import type { CommandContext, Settings } from '../command-context.ts';
import type { StartOptions } from '../commands/start.ts';
import { hasProgram } from '../has-program.ts';
import { describeAlert, parseAlert } from '../output/describe-alert.ts';
import { describeStart, type StartedHeadlock } from '../output/describe-start.ts';
import { hasGitIdentity } from '../playground/has-git-identity.ts';
import { preparePlayground } from '../playground/prepare-playground.ts';
import { readPolicy } from '../policy/read-policy.ts';
import { catchStopSignals } from '../stop-signals.ts';
import type { Terminal } from '../terminal.ts';
import { applyPolicyFile } from './apply-policy-file.ts';
import { type RunningHeadlock, startHeadlock } from './start-headlock.ts';

type Output = StartOptions['output'];

/**
 * Runs Headlock with a policy file, or else with a playground, and tells what happens.
 * @throws PolicyError, HeadlockError `data_folder_in_use`, `port_in_use` and as `applyPolicyFile` does
 */
export async function serveUntilStopped(options: StartOptions, { terminal, settings }: CommandContext): Promise<void> {
  const { port, file, data, output } = options;
  if (file !== undefined) await readPolicy(file); // What is wrong with it is told before anything starts.
  const headlock = await startHeadlock({
    dataFolder: data,
    port,
    searchPath: settings.searchPath,
    proxyEnv: settings.proxyEnv,
  });
  const signals = catchStopSignals();
  // Branches are decided while all this is prepared: what is heard then is told after the banner.
  const introduced = Promise.withResolvers<void>();
  headlock.instance.onAlert((message) => {
    void introduced.promise.then(() => showAlert(message, output, terminal));
  });
  try {
    const started = await prepare(headlock, options, settings);
    for (const warning of started.warnings) terminal.warn(`warning: ${warning}`);
    terminal.print(output === 'json' ? describeAsJson(started) : describeStart(started, terminal.style));
    introduced.resolve();
    await signals.received;
    terminal.progress('Stopping …');
  } finally {
    signals.release();
    await headlock.stop();
  }
}

async function prepare(
  headlock: RunningHeadlock,
  { file, data: dataFolder }: StartOptions,
  settings: Settings,
): Promise<StartedHeadlock> {
  const { searchPath } = settings;
  const { apiUrl } = headlock.instance;
  const canSignWithSsh = await hasProgram('ssh-keygen', searchPath);
  const place = { apiUrl, dataFolder, canSignWithSsh, hasIdentity: await hasGitIdentity(settings) };
  if (file === undefined) {
    const playground = await preparePlayground(headlock, searchPath);
    return { ...place, playground, policyFile: playground.policyFile, warnings: [] };
  }
  const { plan } = await applyPolicyFile(file, headlock.installation);
  return { ...place, playground: null, policyFile: file, warnings: plan.warnings };
}

function describeAsJson({ apiUrl, policyFile, playground }: StartedHeadlock): string {
  return JSON.stringify({ event: 'started', apiUrl, policyFile, playground });
}

function showAlert({ message, published }: PublishedMessage, output: Output, terminal: Terminal): void {
  const alert = parseAlert(message);
  const time = terminal.style.dim(published.slice(11, 19));
  if (output === 'json') terminal.print(JSON.stringify({ event: 'alert', published, ...alert }));
  else terminal.print(`${time} ${describeAlert(alert, terminal.style)}`);
}
