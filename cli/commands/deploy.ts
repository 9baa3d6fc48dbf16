import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { INSTALLATION_CONTEXT, stackNamesOf } from '../../infra/aws/installation.ts';
import { HeadlockError } from '../../shared/model/headlock-error.ts';
import { createAsker } from '../ask.ts';
import type { Caller } from '../aws/caller.ts';
import type { CommandContext, ExitStatus } from '../command-context.ts';
import { type CommonOptions, createStackOption, defineCommand } from '../define-command.ts';
import type { Finding } from '../finding.ts';
import { checkTools } from '../operations/check-tools.ts';
import { describeDeployed, describeDryRun, listSteps } from '../output/describe-deploy.ts';
import { describeFindings } from '../output/describe-findings.ts';
import { collectContext } from '../parse-argument.ts';

interface DeployOptions extends CommonOptions {
  readonly stack?: string;
  readonly dryRun?: true;
  readonly yes?: true;
  readonly context: Readonly<Record<string, string>>;
}

const PROJECT = join(import.meta.dirname, '..', '..');

export function createDeployCommand(context: CommandContext): Command {
  const summary = 'Deploy Headlock to AWS: check the account, show what changes, ask, deploy, and say what comes next.';
  const examples = [
    'headlock deploy --dry-run',
    'headlock deploy',
    'headlock deploy --stack staging -c headlock:alertEmail=ops@example.com --yes',
  ];
  return defineCommand(context.terminal, { name: 'deploy', summary, examples })
    .addOption(createStackOption())
    .option('--dry-run', 'show stacks, resources and permissions; needs no account and changes nothing')
    .option('--yes', 'do not ask')
    .option('-c, --context <key=value>', 'a setting of the stacks, as in cdk.json; may be repeated', collectContext, {})
    .action(async (options: DeployOptions) => context.finish(await deploy(options, context)));
}

async function deploy(options: DeployOptions, { terminal }: CommandContext): Promise<ExitStatus> {
  if (options.dryRun !== true && options.yes !== true && terminal.stdin.isTTY !== true) {
    const message =
      'There is no terminal to ask at whether to go on. Look at `headlock deploy --dry-run`, then add --yes.';
    throw new HeadlockError('usage', message, { kind: 'input' });
  }
  const { installationOf, readContext, synthesizeStacks } = await import('../aws/synthesize-stacks.ts');
  const isText = options.output === 'text';
  const report = (findings: readonly Finding[]): void => {
    if (isText && findings.length > 0) terminal.print(describeFindings(findings, terminal.style));
  };
  const given = {
    ...options.context,
    ...(options.stack === undefined ? {} : { [INSTALLATION_CONTEXT]: options.stack }),
  };
  const context = await readContext(PROJECT, given);
  const installation = installationOf(context);

  const tools = await checkTools(PROJECT);
  report(tools);
  const missing = tools.find(({ outcome }) => outcome === 'amiss');
  if (missing !== undefined)
    throw new HeadlockError('not_ready', `${missing.what}. ${missing.remedy}`, { kind: 'configuration' });

  const folder = await mkdtemp(join(tmpdir(), 'headlock-deploy-'));
  try {
    terminal.progress('Making the stacks …');
    await synthesizeStacks(PROJECT, context, folder);
    if (options.dryRun === true) return await dryRun(installation, folder, options, terminal);
    return await deployForReal(installation, folder, options, terminal, report);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function dryRun(
  installation: string,
  folder: string,
  { output }: DeployOptions,
  terminal: CommandContext['terminal'],
): Promise<ExitStatus> {
  const { summarizeStack } = await import('../aws/stack-summary.ts');
  const { state, service } = stackNamesOf(installation);
  const stacks = await Promise.all([state, service].map((name) => summarizeStack(folder, name)));
  if (output === 'json')
    terminal.print(JSON.stringify({ installation, stacks, steps: listSteps(installation) }, null, 2));
  else terminal.print(`\n${describeDryRun(stacks, installation, terminal.style)}`);
  return 0;
}

async function deployForReal(
  installation: string,
  folder: string,
  { output, yes }: DeployOptions,
  terminal: CommandContext['terminal'],
  report: (findings: readonly Finding[]) => void,
): Promise<ExitStatus> {
  const { deployInstallation } = await import('../operations/deploy-installation.ts');
  const { createCdkRunner } = await import('../aws/run-cdk.ts');
  const confirm = async ({ account, region }: Caller): Promise<boolean> => {
    if (yes === true) return true;
    const asker = createAsker(terminal);
    const answer = await asker.ask(`Deploy this to account ${account}, region ${region}? Type yes`, 'no');
    asker.close();
    return /^y(?:es)?$/i.test(answer);
  };
  // What the CDK says is no answer to a script.
  const runCdk = createCdkRunner(PROJECT, (text) => terminal.prompt(text));
  const { caller, service } = await deployInstallation({ installation, folder }, { runCdk, report, confirm });
  if (output === 'json') terminal.print(JSON.stringify({ installation, ...caller, service }, null, 2));
  else
    terminal.print(
      service === null ? 'Nothing was deployed.' : `\n${describeDeployed(service, installation, terminal.style)}`,
    );
  return service === null ? 1 : 0;
}
