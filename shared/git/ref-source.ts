import type { Oid } from '../model/oid.ts';
import type { CommitSource, SourceUnreachable } from './commit-source.ts';
import type { TagSource } from './tag-source.ts';

export type RefListing =
  | {
      readonly kind: 'refs';
      /** Complete and successful, and not empty: a branch that is not in it is gone (trust rule 4.4). */
      readonly branches: ReadonlyMap<string, Oid>;
      /** As `TagSource` lists them; empty where they were not asked for. */
      readonly tags: ReadonlyMap<string, Oid>;
    }
  | SourceUnreachable;

/** Where refs are listed, all in one request. */
export interface RefSource {
  listRefs(wanted: { readonly withTags: boolean }): Promise<RefListing>;
}

/** Everything that is read of a repository on a server. */
export type RepositorySource = CommitSource & TagSource & RefSource;
