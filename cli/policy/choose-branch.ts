import { HeadlockError } from '../../shared/model/headlock-error.ts';
import type { BranchPolicy } from '../../shared/model/policy.ts';
import type { ReadPolicy } from './read-policy.ts';

export interface Choice {
  /** As named by the user; without it the only one there is. */
  readonly repository: string | undefined;
  /** As named by the user; without it the only one there is, or `main`. */
  readonly branch: string | undefined;
  /** What is being read: a URL of the policy chooses its repository. */
  readonly location: string;
}

/** @throws HeadlockError `no_such_repository`, `no_such_branch` with those that there are */
export function chooseBranch(
  policies: readonly ReadPolicy[],
  { repository, branch, location }: Choice,
): { readonly chosen: ReadPolicy; readonly branch: BranchPolicy } {
  const chosen = chooseRepository(policies, { repository, location });
  const { branches } = chosen.policy;
  const found = pick(branches, ({ name }) => name, branch) ?? pick(branches, ({ name }) => name, branch ?? 'main');
  if (found === undefined) {
    throw unknown(
      'no_such_branch',
      'branch',
      branch,
      branches.map(({ name }) => name),
    );
  }
  return { chosen, branch: found };
}

/** @throws HeadlockError `no_such_repository` with those that there are */
export function chooseRepository(
  policies: readonly ReadPolicy[],
  { repository, location }: Pick<Choice, 'repository' | 'location'>,
): ReadPolicy {
  const byUrl = policies.filter(({ policy }) => policy.url === location);
  const candidates = repository === undefined && byUrl.length === 1 ? byUrl : policies;
  const chosen = pick(candidates, ({ policy }) => policy.repository, repository);
  if (chosen === undefined) {
    throw unknown(
      'no_such_repository',
      'repository',
      repository,
      policies.map(({ policy }) => policy.repository),
    );
  }
  return chosen;
}

function pick<T>(all: readonly T[], nameOf: (one: T) => string, name: string | undefined): T | undefined {
  if (name === undefined) return all.length === 1 ? all[0] : undefined;
  return all.find((one) => nameOf(one) === name);
}

function unknown(code: string, what: string, name: string | undefined, names: readonly string[]): HeadlockError {
  if (names.length === 0) {
    const message = `The policy guards no ${what} here. Check a tag with --tag.`;
    return new HeadlockError(code, message, { kind: 'input' });
  }
  const problem =
    name === undefined
      ? `The policy names several ${what === 'branch' ? 'branches' : 'repositories'}`
      : `The policy has no ${what} ${name}`;
  return new HeadlockError(code, `${problem}. Choose with --${what} one of: ${names.join(', ')}.`, { kind: 'input' });
}
