import { HeadlockError } from '../../shared/model/headlock-error.ts';
import { allTagsOf, tagOfRefName } from '../../shared/model/tag-ref.ts';
import { type GuardedTags, publishedStateOfTag, type TagState } from '../../shared/model/tag-state.ts';
import type { Installation } from './installation.ts';

/** What is known of a repository's tags, with those that people should look at. */
export interface TagsStatus {
  readonly all: GuardedTags;
  /** The locked and compromised ones, by their names. */
  readonly troubled: readonly TagState[];
}

/** Of each of these repositories that guards tags. */
export async function readTags(
  repositories: readonly string[],
  { tags }: Pick<Installation, 'tags'>,
): Promise<readonly TagsStatus[]> {
  const found: TagsStatus[] = [];
  for (const repository of repositories) {
    const all = await tags.guarded.read(allTagsOf(repository));
    if (all === null || all.retired) continue;
    const states = (await tags.list(repository)).filter(({ retired }) => !retired);
    found.push({ all, troubled: states.filter(isTroubled) });
  }
  return found;
}

function isTroubled(state: TagState): boolean {
  const published = publishedStateOfTag(state);
  return published === 'Locked' || published === 'Compromised';
}

/**
 * One guarded tag, by its full name.
 * @throws HeadlockError `no_such_tag`
 */
export async function readTag(
  repository: string,
  refName: string,
  { tags }: Pick<Installation, 'tags'>,
): Promise<TagState> {
  const state = tagOfRefName(refName) === null ? null : await tags.read({ repository, branch: refName });
  if (state !== null && !state.retired) return state;
  const message = `No guarded tag of ${repository} is known as ${refName}. See that it is pushed, and that a pattern under \`tags:\` of the policy matches it.`;
  throw new HeadlockError('no_such_tag', message, { kind: 'input' });
}
