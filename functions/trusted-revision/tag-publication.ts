import type * as z from 'zod';
import { formatOfOid } from '../../shared/model/oid.ts';
import { tagNameOf } from '../../shared/model/tag-ref.ts';
import { publishedStateOfTag, TAG_PUBLISHED_STATES, type TagState } from '../../shared/model/tag-state.ts';
import { objectId, publicationSchema, publishState } from './publication.ts';

/** What agents read of a tag (interfaces, part 3). */
export const tagPublicationSchema = publicationSchema
  .omit({ branch: true, unreachable: true, observedTip: true })
  .extend({
    tag: publicationSchema.shape.branch,
    state: publicationSchema.shape.state.extract(TAG_PUBLISHED_STATES),
    object: objectId
      .nullable()
      .meta({ description: 'The tag object that was proven: final. `revision` is its commit.' }),
  });
export type TagPublication = z.infer<typeof tagPublicationSchema>;

/** What is published of a tag: as of a branch, nothing but a proven revision, locked or not (trust rules 4.9, 6.3). */
export function publishTag(state: TagState): TagPublication {
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
