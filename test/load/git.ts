import { execFile } from 'node:child_process';
import { cleanGitEnvironment } from '../support/git-repository.ts';

/** Runs git in a repository. @returns its standard output */
export type Git = (repository: string, args: readonly string[], input?: Uint8Array) => Promise<string>;

/** @param home - of git; nobody's own settings count */
export function createGit(home: string): Git {
  const env = cleanGitEnvironment(home);
  return (repository, args, input = new Uint8Array()) =>
    new Promise((resolve, reject) => {
      const child = execFile('git', [...args], { cwd: repository, env }, (error, stdout, stderr) => {
        if (error === null) resolve(stdout.trim());
        else reject(new Error(`git ${args[0]} failed: ${stderr}`, { cause: error }));
      });
      child.stdin?.on('error', () => {}); // git may end before it has read everything: its exit status tells.
      child.stdin?.end(input);
    });
}
