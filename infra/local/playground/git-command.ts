import { execFile } from 'node:child_process';
import { devNull } from 'node:os';
import { HeadlockError } from '../../../shared/model/headlock-error.ts';

const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

/** What git runs in: the caller's own configuration has no say. @param searchPath - `PATH`. */
export function createGitEnvironment(searchPath: string): Record<string, string> {
  return { PATH: searchPath, GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: devNull, LC_ALL: 'C', TZ: 'UTC' };
}

export interface GitCommand {
  readonly repository: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** Runs git in a repository. @returns its standard output without the last line feed. @throws HeadlockError `git_failed` */
export function runGit({ repository, environment }: GitCommand, args: readonly string[], input = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { cwd: repository, env: environment, maxBuffer: MAX_OUTPUT_BYTES };
    const child = execFile('git', [...args], options, (cause, stdout, stderr) => {
      if (cause === null) return resolve(stdout.replace(/\n$/, ''));
      const missing = 'git was not found. Install git, then try again.';
      const message = cause.code === 'ENOENT' ? missing : `git ${args[0]} failed in ${repository}: ${stderr.trim()}`;
      reject(new HeadlockError('git_failed', message, { kind: 'configuration', cause }));
    });
    child.stdin?.on('error', () => {}); // git may end before it has read everything: its exit status tells.
    child.stdin?.end(input);
  });
}
