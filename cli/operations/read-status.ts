import type { BranchState } from '../../shared/model/branch-state.ts';
import { HeadlockError } from '../../shared/model/headlock-error.ts';
import type { Installation } from './installation.ts';

export interface StatusRequest {
  readonly repository?: string | undefined;
  readonly branch?: string | undefined;
}

/**
 * The guarded branches: all, those of a repository, or one.
 * @throws HeadlockError `no_such_repository`, `no_such_branch`
 */
export async function readStatus(
  { repository, branch }: StatusRequest,
  { policies, branches }: Pick<Installation, 'policies' | 'branches'>,
): Promise<readonly BranchState[]> {
  const states: BranchState[] = [];
  for (const name of await listGuarded(repository, { policies })) {
    states.push(...(await branches.list(name)).filter(({ retired }) => !retired));
  }
  if (branch === undefined) return states;
  const found = states.filter(({ ref }) => ref.branch === branch);
  if (found.length > 0) return found;
  const known = states.map(({ ref }) => ref.branch).join(', ');
  const message = `The policy of ${repository} names no branch ${branch}. Guarded are: ${known}.`;
  throw new HeadlockError('no_such_branch', message, { kind: 'input' });
}

/**
 * The names of the guarded repositories, or that one.
 * @throws HeadlockError `no_such_repository`
 */
export async function listGuarded(
  repository: string | undefined,
  { policies }: Pick<Installation, 'policies'>,
): Promise<readonly string[]> {
  const guarded = (await policies.listRepositories()).toSorted();
  if (repository === undefined) return guarded;
  if (guarded.includes(repository)) return [repository];
  const known = guarded.length === 0 ? 'none yet: run `headlock apply` first' : guarded.join(', ');
  const message = `No policy names the repository ${repository}. Guarded are: ${known}.`;
  throw new HeadlockError('no_such_repository', message, { kind: 'input' });
}
