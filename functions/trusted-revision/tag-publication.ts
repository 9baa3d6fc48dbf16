import { formatOfOid } from '../../shared/model/oid.ts';
import { tagNameOf } from '../../shared/model/tag-ref.ts';
import { publishedStateOfTag, type TagState } from '../../shared/model/tag-state.ts';
import { publishState } from './publication.ts';
import type { TagPublication } from './response-schemas.ts';

/** What is published of a tag: as of a branch, nothing but a proven revision, locked or not (trust rules 4.9, 6.3). */
export function publishTag(state: TagState): Omit<TagPublication, 'pollAfterSeconds'> {
  const { ref, object, tip, missingSince } = state;
  return {
    repository: ref.repository,
    tag: tagNameOf(ref),
    state: publishedStateOfTag(state),
    ...publishState(state),
    object,
    objectFormat: formatOfOid(tip.revision),
    tip: missingSince === null ? { revision: tip.revision, seenAt: tip.seenAt } : null,
  };
}
