import type { SourceUnreachable } from '../git/commit-source.ts';
import type { RepositorySource } from '../git/ref-source.ts';
import { isRefused } from './ask-sources.ts';

/** A source with credentials that may have ended: where they are refused they are renewed, once, and the question asked again. */
export function createRenewingSource(
  first: RepositorySource,
  renew: () => Promise<RepositorySource | SourceUnreachable>,
): RepositorySource {
  let renewing: ReturnType<typeof renew> | null = null;
  const ask = async <Answer extends { readonly kind: string }>(
    question: (source: RepositorySource) => Promise<Answer | SourceUnreachable>,
  ): Promise<Answer | SourceUnreachable> => {
    if (renewing === null) {
      const answer = await question(first);
      if (!isRefused(answer)) return answer;
      renewing ??= renew();
    }
    const renewed = await renewing;
    return 'kind' in renewed ? renewed : question(renewed);
  };
  return {
    readTip: (branch) => ask((of) => of.readTip(branch)),
    fetchCommits: (request) => ask((of) => of.fetchCommits(request)),
    listRefs: (wanted) => ask((of) => of.listRefs(wanted)),
    listTags: () => ask((of) => of.listTags()),
    fetchTags: (objects) => ask((of) => of.fetchTags(objects)),
  };
}
