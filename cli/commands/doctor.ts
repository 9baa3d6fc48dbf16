import type { Command } from 'commander';
import { HeadlockError } from '../../shared/model/headlock-error.ts';
import type { CommandContext } from '../command-context.ts';
import { defineOperatorCommand, type OperatorOptions } from '../define-command.ts';
import { amiss, type Finding, ok, unknown } from '../finding.ts';
import { withInstallation } from '../operations/with-installation.ts';
import { count } from '../output/count.ts';
import { describeFindings } from '../output/describe-findings.ts';

interface DoctorOptions extends OperatorOptions {
  readonly file?: string;
}

export function createDoctorCommand(context: CommandContext): Command {
  const summary =
    'Check a set-up from end to end, and say what to mend. Ends with 0 where nothing is amiss, else with 1.';
  const examples = [
    'headlock doctor',
    'headlock doctor -f headlock.yaml',
    'headlock doctor --stack production --output json',
  ];
  return defineOperatorCommand(context.terminal, { name: 'doctor', summary, examples })
    .option('-f, --file <policy>', 'policy file, to compare with what is applied')
    .action(async (options: DoctorOptions) => {
      const findings =
        options.stack === undefined
          ? await examineFolder(options, context)
          : await examineStack(options.stack, options);
      const { terminal } = context;
      const amissCount = findings.filter(({ outcome }) => outcome === 'amiss').length;
      if (options.output === 'json') terminal.print(JSON.stringify({ well: amissCount === 0, findings }, null, 2));
      else {
        const verdict = amissCount === 0 ? 'Nothing is amiss.' : `${count(amissCount, 'thing')} to mend.`;
        terminal.print(`${describeFindings(findings, terminal.style)}\n\n${verdict}`);
      }
      context.finish(amissCount === 0 ? 0 : 1);
    });
}

async function examineFolder(options: DoctorOptions, { settings }: CommandContext): Promise<readonly Finding[]> {
  const machine = await import('../operations/doctor/check-machine.ts');
  const folder = await machine.checkDataFolder(options.data);
  const findings = [...(await machine.checkPrograms(settings.searchPath)), folder];
  const isThere = !folder.what.startsWith('There is no');
  if (!isThere) return [...findings, await machine.checkPort(), ...(await examinePolicy(options))];
  return [...findings, ...(await examineInstallation(options, machine.checkPort))];
}

async function examineStack(stack: string, options: DoctorOptions): Promise<readonly Finding[]> {
  const { findDeployment } = await import('../aws/find-deployment.ts');
  const { checkService } = await import('../aws/check-service.ts');
  try {
    const service = await checkService(await findDeployment(stack));
    return [ok(`Node ${process.versions.node}`), ...service, ...(await examineInstallation(options))];
  } catch (error) {
    if (!(error instanceof HeadlockError)) throw error;
    return [amiss(`The installation ${stack} cannot be looked at`, error.message), ...(await examinePolicy(options))];
  }
}

async function examineInstallation(
  options: DoctorOptions,
  checkPort: (() => Promise<Finding>) | null = null,
): Promise<readonly Finding[]> {
  const { checkInstallation, checkPolicyFile } = await import('../operations/doctor/check-installation.ts');
  return withInstallation(options, async (installation) => {
    const { apiUrl } = installation;
    const service =
      apiUrl === null
        ? unknown('No instance runs on the data folder', 'Run `headlock start`.')
        : await checkApi(apiUrl);
    const port = apiUrl === null && checkPort !== null ? [await checkPort()] : [];
    const policy = options.file === undefined ? [] : [await checkPolicyFile(options.file, installation)];
    return [service, ...port, ...policy, ...(await checkInstallation(installation, new Date()))];
  });
}

async function examinePolicy({ file }: DoctorOptions): Promise<readonly Finding[]> {
  if (file === undefined) return [];
  const { checkPolicyFile } = await import('../operations/doctor/check-installation.ts');
  return [await checkPolicyFile(file, null)];
}

async function checkApi(url: string): Promise<Finding> {
  try {
    const { status } = await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(10_000) });
    if (status === 200) return ok(`The API answers at ${url}`);
    return amiss(`The API at ${url} answers ${status}`, 'The log of the trusted-revision function says why.');
  } catch {
    return amiss(`The API at ${url} does not answer`, 'Check the network and the proxy between here and there.');
  }
}
