import { inParallel } from '../../functions/verify/in-parallel.ts';
import type { TagPolicy } from '../../shared/model/policy.ts';
import { allTagsOf, tagNameOf } from '../../shared/model/tag-ref.ts';
import { findTagRule } from '../../shared/model/tag-rule.ts';
import type { GuardedTags } from '../../shared/model/tag-state.ts';
import type { PolicyChange } from '../../shared/trust/apply-policy.ts';
import { applyToGuardedTags, applyToTag, createGuardedTags } from '../../shared/trust/apply-tags.ts';
import type { Installation } from './installation.ts';
import { updateBranch } from './update-branch.ts';

/**
 * Tells a repository's tags of a policy that is stored, each that it affects before it returns (trust rule 5.1).
 * @param rules - none where the policy guards no tags
 * @param isUnchanged - the policy was stored by an apply before, which may have been cut off
 * @returns what was written of all tags together, or null where they knew already
 */
export async function applyTags(
  repository: string,
  rules: readonly TagPolicy[],
  change: PolicyChange,
  isUnchanged: boolean,
  { tags, floor }: Pick<Installation, 'tags' | 'floor'>,
): Promise<GuardedTags | null> {
  const all = allTagsOf(repository);
  const known = await tags.guarded.read(all);
  if (known === null && rules.length === 0) return null;
  const isTold = known?.policyVersion === change.policyVersion && known.retired === (rules.length === 0);
  if (isUnchanged && isTold) return null;
  await inParallel(await tags.list(repository), ({ ref }) => {
    const isGuarded = findTagRule(rules, tagNameOf(ref)) !== null;
    return updateBranch(ref, tags, (state) => state && applyToTag(state, isGuarded, change));
  });
  const sequenceFloor = known === null ? await floor.read() : 0;
  // Last, so that an apply that is cut off is finished by the next one.
  return updateBranch(all, tags.guarded, (state) =>
    state === null
      ? createGuardedTags(all, change, sequenceFloor)
      : applyToGuardedTags(state, rules.length > 0, change),
  );
}
