import { isBranchName } from '../../shared/model/branch-ref.ts';
import type { BranchState } from '../../shared/model/branch-state.ts';
import { HeadlockError } from '../../shared/model/headlock-error.ts';
import type { BranchStore } from '../../shared/store/branch-store.ts';
import type { AgentToken } from '../../shared/store/token-store.ts';

export type FindBranchErrorCode = 'not_found' | 'branch_needed';

export type PublishedBranches = Pick<BranchStore, 'readForPublication' | 'listForPublication'>;

/** What a request names. */
export interface BranchQuery {
  readonly repository: string;
  /** Null for the only one that is guarded. */
  readonly branch: string | null;
}

/**
 * A guarded branch that the token may see.
 *
 * @throws HeadlockError `not_found`, the same for what the token may not see; `branch_needed`
 */
export async function findBranch(
  branches: PublishedBranches,
  token: AgentToken,
  { repository, branch }: BranchQuery,
): Promise<BranchState> {
  if (!token.repositories.includes(repository)) throw createNotFoundError();
  const state = branch === null ? await readOnly(branches, repository) : await read(branches, repository, branch);
  if (state === null || state.retired) throw createNotFoundError();
  return state;
}

async function read(branches: PublishedBranches, repository: string, branch: string): Promise<BranchState | null> {
  return isBranchName(branch) ? branches.readForPublication({ repository, branch }) : null;
}

async function readOnly(branches: PublishedBranches, repository: string): Promise<BranchState | null> {
  const guarded = (await branches.listForPublication(repository)).filter((state) => !state.retired);
  if (guarded.length > 1) throw createBranchNeededError(guarded.map((state) => state.ref.branch));
  return guarded[0] ?? null;
}

function createNotFoundError(): HeadlockError<FindBranchErrorCode> {
  return new HeadlockError(
    'not_found',
    'There is no guarded branch of that name which this token may see. `GET /v1/repositories` lists those that it may.',
    { kind: 'input' },
  );
}

function createBranchNeededError(names: readonly string[]): HeadlockError<FindBranchErrorCode> {
  return new HeadlockError('branch_needed', `Name one of the guarded branches with ?branch=: ${names.join(', ')}.`, {
    kind: 'input',
  });
}
