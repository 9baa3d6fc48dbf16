import type { SourceUnreachable } from '../git/commit-source.ts';
import type { RepositorySource } from '../git/ref-source.ts';
import { isRefused } from './ask-sources.ts';

/** A source with credentials that may have ended: where they are refused they are renewed, once, and the question asked again. */
export function createRenewingSource(
  first: RepositorySource,
  renew: () => Promise<RepositorySource | SourceUnreachable>,
): RepositorySource {
  let source = first;
  let isRenewed = false;
  const ask = async <Answer extends { readonly kind: string }>(
    question: (source: RepositorySource) => Promise<Answer | SourceUnreachable>,
  ): Promise<Answer | SourceUnreachable> => {
    const answer = await question(source);
    if (isRenewed || !isRefused(answer)) return answer;
    isRenewed = true;
    const renewed = await renew();
    if ('kind' in renewed) return renewed;
    source = renewed;
    return question(source);
  };
  return {
    readTip: (branch) => ask((of) => of.readTip(branch)),
    fetchCommits: (request) => ask((of) => of.fetchCommits(request)),
    listRefs: (wanted) => ask((of) => of.listRefs(wanted)),
    listTags: () => ask((of) => of.listTags()),
    fetchTags: (objects) => ask((of) => of.fetchTags(objects)),
  };
}
