import type { SourceUnreachable } from '../git/commit-source.ts';
import type { RepositorySource } from '../git/ref-source.ts';
import type { UnreachableCause } from '../model/branch-state.ts';
import type { OpenSources } from './open-sources.ts';

/** Counts each repository that cannot be opened, and each question that a forge does not answer. */
export function countFailures(open: OpenSources, count: (cause: UnreachableCause) => void): OpenSources {
  const observe = <Answer extends { readonly kind: string }>(answer: Answer): Answer => {
    if (isUnreachable(answer)) count(answer.cause);
    return answer;
  };
  const observeSource = (source: RepositorySource): RepositorySource => ({
    readTip: async (branch) => observe(await source.readTip(branch)),
    fetchCommits: async (request) => observe(await source.fetchCommits(request)),
    listRefs: async (wanted) => observe(await source.listRefs(wanted)),
    listTags: async () => observe(await source.listTags()),
    fetchTags: async (objects) => observe(await source.fetchTags(objects)),
  });
  return async (policy, limits) => {
    const opened = await open(policy, limits);
    return 'kind' in opened ? observe(opened) : opened.map(observeSource);
  };
}

function isUnreachable(answer: { readonly kind: string }): answer is SourceUnreachable {
  return answer.kind === 'unreachable';
}
