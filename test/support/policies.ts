import { DEFAULT_BRANCH_LIMITS } from '../../shared/model/limits.ts';
import type { BranchPolicy, RepositoryPolicy } from '../../shared/model/policy.ts';
import { oidOf } from './small-history.ts';

/** The rules that a branch has by default. */
export function createBranchPolicy(changes: Partial<BranchPolicy> = {}): BranchPolicy {
  return {
    name: 'main',
    mode: 'all',
    anchor: oidOf('a'),
    enforcement: 'enforce',
    keyTime: 'first-seen',
    matchEmail: false,
    publishers: null,
    limits: DEFAULT_BRANCH_LIMITS,
    ...changes,
  };
}

/** A policy that guards `main` of a repository at GitHub. */
export function createPolicy(repository: string, changes: Partial<RepositoryPolicy> = {}): RepositoryPolicy {
  return {
    repository,
    verifier: 'https://headlock.example.com/test',
    url: `https://forge.example.com/${repository}.git`,
    provider: 'github',
    credentials: { username: 'x-access-token', password: { secretRef: 'forge-token' } },
    webhook: { secretRef: 'webhook' },
    commitStatus: null,
    certificateAuthority: null,
    apiUrl: null,
    branches: [createBranchPolicy()],
    tags: [],
    accepted: [],
    denied: [],
    compromisedKeys: [],
    ...changes,
  };
}
