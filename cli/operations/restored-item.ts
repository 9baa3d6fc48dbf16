import { isBranchName } from '../../shared/model/branch-ref.ts';
import { allTagsOf } from '../../shared/model/tag-ref.ts';
import { branchAttributes } from '../../shared/store/branch-schema.ts';
import type { Item } from '../../shared/store/dynamo-item.ts';
import { FLOOR_KEY } from '../../shared/store/dynamo-sequence-floor.ts';
import { parseItem } from '../../shared/store/parse-item.ts';
import { createCorruptItemError } from '../../shared/store/store-error.ts';
import { guardedTagsAttributes, tagAttributes } from '../../shared/store/tag-schema.ts';
import { type Restore, restoreBranch, restoreGuardedTags, restoreTag } from '../../shared/trust/restore-state.ts';

/** What is made again where it is missing, or holds for the former table alone. */
const LEFT_OUT = new Set(['ancestors', 'contact', 'statement']);

/**
 * An item of a backup as it goes into the table (trust rule 5.6); null where it stays behind.
 * @throws HeadlockError `corrupt_item`: what cannot be read cannot be raised
 */
export function restoredItem(item: Item, restore: Restore): Item | null {
  const { pk, sk } = item;
  if (pk === FLOOR_KEY.pk) return null;
  const [kind = '', repository = ''] = pk.split(':');
  if (LEFT_OUT.has(kind)) return null;
  const ref = { repository, branch: sk };
  if (kind === 'branch') {
    if (!isBranchName(sk)) throw createCorruptItemError(item, 'its sort key is no branch name');
    const { ref: _, trusted, ...attributes } = restoreBranch({ ref, ...parseItem(branchAttributes, item) }, restore);
    return { pk, sk, ...attributes, trusted: trusted?.oid ?? null };
  }
  if (kind !== 'tag') return item;
  if (sk === allTagsOf(repository).branch) {
    const { ref: _, ...attributes } = restoreGuardedTags({ ref, ...parseItem(guardedTagsAttributes, item) }, restore);
    return { pk, sk, ...attributes };
  }
  const { ref: _, trusted, ...attributes } = restoreTag({ ref, ...parseItem(tagAttributes, item) }, restore);
  return { pk, sk, ...attributes, trusted: trusted?.oid ?? null };
}

/** Whether an item is a state that a restore raises. */
export function isState({ pk }: Item): boolean {
  return pk.startsWith('branch:') || pk.startsWith('tag:');
}
