import { execFile } from 'node:child_process';
import type { Settings } from '../command-context.ts';

/** Whether git knows in any repository whose commits this user makes. */
export function hasGitIdentity({ searchPath, home }: Pick<Settings, 'searchPath' | 'home'>): Promise<boolean> {
  const env = { PATH: searchPath, HOME: home };
  return new Promise((resolve) => {
    execFile('git', ['-C', '/', 'config', '--get', 'user.email'], { env }, (error) => resolve(error === null));
  });
}
