import { HeadlockError } from '../../shared/model/headlock-error.ts';
import { tagOfRefName, tagRefOf } from '../../shared/model/tag-ref.ts';
import type { TagState } from '../../shared/model/tag-state.ts';
import type { TagStore } from '../../shared/store/tag-store.ts';
import type { AgentToken } from '../../shared/store/token-store.ts';
import type { FindBranchErrorCode } from './find-branch.ts';

/**
 * A guarded tag that the token may see, by its whole name: there is no newest one (trust rule 4.9).
 *
 * @throws HeadlockError `not_found`, the same for what the token may not see
 */
export async function findTag(
  tags: Pick<TagStore, 'readForPublication'>,
  token: AgentToken,
  { repository, tag }: { readonly repository: string; readonly tag: string },
): Promise<TagState> {
  const ref = tagRefOf(repository, tag);
  const isKnown = token.repositories.includes(repository) && tagOfRefName(ref.branch) !== null;
  const state = isKnown ? await tags.readForPublication(ref) : null;
  if (state !== null && !state.retired) return state;
  throw new HeadlockError<FindBranchErrorCode>(
    'not_found',
    'There is no guarded tag of that name which this token may see. Write it without `refs/tags/`; a new one is known once it was looked at.',
    { kind: 'input' },
  );
}
