import * as z from 'zod';
import { allTagsOf } from '../../shared/model/tag-ref.ts';
import type { BranchStore } from '../../shared/store/branch-store.ts';
import type { TagStore } from '../../shared/store/tag-store.ts';
import type { AgentToken } from '../../shared/store/token-store.ts';
import { publicationSchema, publishBranch } from './publication.ts';

const branchSummary = publicationSchema.pick({ branch: true, state: true, revision: true, sequence: true });

const count = z.int().nonnegative();
const tagCounts = z.strictObject({ Pending: count, Trusted: count, Locked: count, Compromised: count });

export const repositoryListSchema = z.strictObject({
  repositories: z.array(
    z.strictObject({
      name: z.string(),
      branches: z.array(branchSummary),
      tags: tagCounts
        .nullable()
        .meta({ description: 'How many guarded tags are in each state; null where none are guarded.' }),
    }),
  ),
});
export type RepositoryList = z.infer<typeof repositoryListSchema>;

/** The repositories that the token may see and that have a guarded branch or guard tags, by name. */
export async function listRepositories(
  branches: Pick<BranchStore, 'list'>,
  tags: Pick<TagStore, 'guarded'>,
  token: AgentToken,
): Promise<RepositoryList> {
  const repositories = await Promise.all(
    token.repositories.toSorted().map(async (name) => {
      const guarded = (await branches.list(name)).filter((state) => !state.retired);
      const known = await tags.guarded.readForPublication(allTagsOf(name));
      return {
        name,
        branches: guarded.map((state) => summarize(publishBranch(state))),
        tags: known === null || known.retired ? null : { ...known.counts },
      };
    }),
  );
  return {
    repositories: repositories.filter((repository) => repository.branches.length > 0 || repository.tags !== null),
  };
}

function summarize({ branch, state, revision, sequence }: z.infer<typeof branchSummary>) {
  return { branch, state, revision, sequence };
}
