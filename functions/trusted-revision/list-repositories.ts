import { allTagsOf } from '../../shared/model/tag-ref.ts';
import type { BranchStore } from '../../shared/store/branch-store.ts';
import type { TagStore } from '../../shared/store/tag-store.ts';
import type { AgentToken } from '../../shared/store/token-store.ts';
import { publishBranch } from './publication.ts';
import type { RepositoryList } from './response-schemas.ts';

/** The repositories that the token may see and that have a guarded branch or guard tags, by name. */
export async function listRepositories(
  branches: Pick<BranchStore, 'listForPublication'>,
  tags: Pick<TagStore, 'guarded'>,
  token: AgentToken,
): Promise<RepositoryList> {
  const repositories = await Promise.all(
    token.repositories.toSorted().map(async (name) => {
      const guarded = (await branches.listForPublication(name)).filter((state) => !state.retired);
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

function summarize({ branch, state, revision, sequence }: ReturnType<typeof publishBranch>) {
  return { branch, state, revision, sequence };
}
