import type { Oid } from '../model/oid.ts';
import type { SentCommits, SourceUnreachable } from './commit-source.ts';

export type TagListing =
  /** Complete and successful: a tag that is not in it is gone (trust rule 4.4). The ids are those of tag objects, or of commits. */
  { readonly kind: 'tags'; readonly tags: ReadonlyMap<string, Oid> } | SourceUnreachable;

export interface SentTags extends SentCommits {
  /** Raw bodies of tag objects by the id that their bytes hash to (trust rule 1.1). */
  readonly tags: ReadonlyMap<Oid, Uint8Array>;
}

export type TagsOutcome =
  | ({ readonly kind: 'objects' } & SentTags)
  | { readonly kind: 'limit-exceeded'; readonly limit: string; readonly message: string }
  | SourceUnreachable;

/** Where tags come from. */
export interface TagSource {
  /** All tags that have legal names. */
  listTags(): Promise<TagListing>;
  /** The objects that tags name, and the commits behind these; nothing of their histories. */
  fetchTags(objects: readonly Oid[]): Promise<TagsOutcome>;
}

/** What several answers hold together. */
export function mergeTags(parts: readonly SentTags[]): SentTags {
  return {
    tags: new Map(parts.flatMap(({ tags }) => [...tags])),
    commits: new Map(parts.flatMap(({ commits }) => [...commits])),
    collisions: new Set(parts.flatMap(({ collisions }) => [...collisions])),
  };
}
