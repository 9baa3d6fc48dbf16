import { stat } from 'node:fs/promises';
import manifest from '../../package.json' with { type: 'json' };
import type { CommitSource } from '../../shared/git/commit-source.ts';
import type { TagSource } from '../../shared/git/tag-source.ts';
import { HeadlockError } from '../../shared/model/headlock-error.ts';
import type { BranchLimits } from '../../shared/model/limits.ts';
import { isSshUrl } from '../../shared/model/ssh-url.ts';
import type { Settings } from '../command-context.ts';

export function isUrl(location: string): boolean {
  return /^[a-z+]+:\/\//i.test(location);
}

const REQUEST_TIMEOUT_MS = 300_000;

/**
 * Commits and tags of a repository that the user names: a path on this machine, or an http(s) URL.
 * @param certificateAuthority - of the policy, where there is one
 * @throws HeadlockError `no_such_path`, `ssh_location`, or as `createHttpSource` does
 */
export async function openSource(
  location: string,
  limits: BranchLimits,
  { gitUsername, gitPassword, searchPath, proxyEnv }: Settings,
  certificateAuthority: string | null = null,
): Promise<CommitSource & TagSource> {
  if (isSshUrl(location)) {
    const message =
      'Commands read no repository over SSH: only what is deployed has its key. Clone it with git, and give the path of the clone.';
    throw new HeadlockError('ssh_location', message, { kind: 'input' });
  }
  if (isUrl(location)) {
    const credentials =
      gitPassword === null ? null : { kind: 'basic' as const, username: gitUsername ?? 'git', password: gitPassword };
    const userAgent = `headlock/${manifest.version}`;
    // Loaded where it is needed: a check of a repository on this machine must not wait for an HTTP client.
    const { createHttpSource } = await import('../../shared/git/http-source.ts');
    const { createHttpAgents } = await import('../../shared/git/http-agents.ts');
    const agents = createHttpAgents(certificateAuthority, proxyEnv);
    return createHttpSource({ url: location, credentials, agents, limits, timeoutMs: REQUEST_TIMEOUT_MS, userAgent });
  }
  const found = await stat(location).catch(() => null);
  if (found?.isDirectory() !== true) {
    const message = `There is no folder ${location}. Give the path of a git repository, or its URL.`;
    throw new HeadlockError('no_such_path', message, { kind: 'input' });
  }
  const { createLocalSource } = await import('../../shared/git/local-source.ts');
  const { createLocalTagSource } = await import('../../shared/git/local-tags.ts');
  const options = { limits, searchPath };
  return { ...createLocalSource(location, options), ...createLocalTagSource(location, options) };
}
