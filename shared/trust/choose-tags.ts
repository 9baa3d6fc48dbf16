import type { AppliedPolicy } from '../model/policy.ts';
import { findTagRule } from '../model/tag-rule.ts';
import type { TagState } from '../model/tag-state.ts';
import type { ListedTag } from './judge-tag.ts';

/** Those of a listing that the policy guards. */
export function listGuarded(
  tags: ReadonlyMap<string, ListedTag['object']>,
  { policy }: AppliedPolicy,
): readonly ListedTag[] {
  return [...tags].flatMap(([name, object]) => {
    const rule = findTagRule(policy.tags, name);
    return rule === null ? [] : [{ name, object, rule }];
  });
}

/** Items of tags that are kept, for each tag that may be guarded. */
const KEPT_ITEMS = 10;

/**
 * How many new tags may be guarded (trust rule 4.7). One that is gone and never was published makes room, as does one that is
 * guarded no more: else whoever may push could use all up for ever. Their items stay, and are bounded too.
 */
export function countRoom(states: ReadonlyMap<string, TagState>, maxTags: number): number {
  const guarded = [...states.values()].filter(
    ({ object, missingSince, retired }) => !retired && (object !== null || missingSince === null),
  );
  return Math.max(0, Math.min(maxTags - guarded.length, KEPT_ITEMS * maxTags - states.size));
}

/** Those to be judged: first what was not judged under this policy yet, so that nothing keeps the others waiting. */
export function listUndecided(
  listed: readonly ListedTag[],
  states: ReadonlyMap<string, TagState>,
  policyVersion: number,
  now: string,
): readonly ListedTag[] {
  const of = (isDue: (state: TagState, object: ListedTag['object']) => boolean) =>
    listed.filter(({ name, object }) => {
      const state = states.get(name);
      return state !== undefined && !state.retired && state.object === null && isDue(state, object);
    });
  const isNew = (state: TagState, object: ListedTag['object']) =>
    state.tip.revision !== object || state.policyVersion !== policyVersion || state.missingSince !== null;
  const isDueAgain = ({ lock, recheckAt }: TagState) =>
    lock?.reason === 'missing_object' || (recheckAt !== null && recheckAt <= now);
  return [...of(isNew), ...of((state, object) => !isNew(state, object) && isDueAgain(state))];
}
