import * as z from 'zod';
import type { BranchStore } from '../../shared/store/branch-store.ts';
import type { AgentToken } from '../../shared/store/token-store.ts';
import { publicationSchema, publishBranch } from './publication.ts';

const branchSummary = publicationSchema.pick({ branch: true, state: true, revision: true, sequence: true });

export const repositoryListSchema = z.strictObject({
  repositories: z.array(z.strictObject({ name: z.string(), branches: z.array(branchSummary) })),
});
export type RepositoryList = z.infer<typeof repositoryListSchema>;

/** The repositories that the token may see and that have a guarded branch, by name. */
export async function listRepositories(
  branches: Pick<BranchStore, 'list'>,
  token: AgentToken,
): Promise<RepositoryList> {
  const repositories = await Promise.all(
    token.repositories.toSorted().map(async (name) => {
      const guarded = (await branches.list(name)).filter((state) => !state.retired);
      return { name, branches: guarded.map((state) => summarize(publishBranch(state))) };
    }),
  );
  return { repositories: repositories.filter((repository) => repository.branches.length > 0) };
}

function summarize({ branch, state, revision, sequence }: z.infer<typeof branchSummary>) {
  return { branch, state, revision, sequence };
}
