import { type BranchRef, isBranchName } from './branch-ref.ts';

/** What stands in place of a branch's name for all guarded tags of a repository. No guarded branch starts with `refs/`. */
const ALL_TAGS = 'refs/tags';
const PREFIX = `${ALL_TAGS}/`;

/** All guarded tags of a repository, where hints, first-seen records and audit records name a branch. */
export function allTagsOf(repository: string): BranchRef {
  return { repository, branch: ALL_TAGS };
}

/** One guarded tag, likewise by its full name: `refs/tags/v1.2.3`. */
export function tagRefOf(repository: string, tag: string): BranchRef {
  return { repository, branch: PREFIX + tag };
}

export function isAllTags({ branch }: BranchRef): boolean {
  return branch === ALL_TAGS;
}

/** Queues take no message that holds one. */
const NO_CHARACTER = /[\ufffe\uffff]/;

/** The tag of a full ref name, or null where the ref is no tag or no legal one. As with branches, `@` and `HEAD` are none. */
export function tagOfRefName(refName: string): string | null {
  if (!refName.startsWith(PREFIX) || !isBranchName(refName) || NO_CHARACTER.test(refName)) return null;
  const tag = refName.slice(PREFIX.length);
  return isBranchName(tag) ? tag : null;
}

/** The tag that a reference names. @throws Error where it names none: a bug. */
export function tagNameOf({ branch }: BranchRef): string {
  const tag = tagOfRefName(branch);
  if (tag === null) throw new Error(`${branch} is no tag.`);
  return tag;
}
