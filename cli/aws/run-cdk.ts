import { spawn } from 'node:child_process';
import { join } from 'node:path';

/** Runs the CDK's command line. @returns its exit status */
export type RunCdk = (args: readonly string[]) => Promise<number>;

/**
 * The one that comes with the project, on this Node, in the environment of this process, where the CDK finds the
 * credentials by the same rules as the SDK. No shell reads the arguments.
 * @param tell - gets all that it says, as it says it
 */
export function createCdkRunner(project: string, tell: (text: string) => void): RunCdk {
  const script = join(project, 'node_modules', 'aws-cdk', 'bin', 'cdk');
  return (args) =>
    new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [script, ...args], { cwd: project, stdio: ['ignore', 'pipe', 'pipe'] });
      for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', tell);
      child.on('error', reject).on('close', (status) => resolve(status ?? 1));
    });
}
