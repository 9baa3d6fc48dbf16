import { isDeepStrictEqual } from 'node:util';
import type { Timestamp } from '../../shared/model/branch-state.ts';
import { HeadlockError } from '../../shared/model/headlock-error.ts';
import { MAX_GUARDED_TAGS } from '../../shared/model/limits.ts';
import type { AppliedPolicy } from '../../shared/model/policy.ts';
import { allTagsOf, tagNameOf } from '../../shared/model/tag-ref.ts';
import { findTagRule } from '../../shared/model/tag-rule.ts';
import type { GuardedTags, TagState } from '../../shared/model/tag-state.ts';
import { createCompromiseCheck } from '../../shared/signatures/compromise-check.ts';
import { countRoom, listGuarded, listUndecided } from '../../shared/trust/choose-tags.ts';
import type { ListedTag } from '../../shared/trust/judge-tag.ts';
import { nextTagState } from '../../shared/trust/next-tag-state.ts';
import type { ComparePorts } from './ports.ts';
import type { ListedRefs, Watched } from './watched.ts';

/** All guarded tags of a repository as one, or nothing where it guards none. */
export async function watchTags(repository: string, ports: ComparePorts): Promise<readonly Watched[]> {
  const ref = allTagsOf(repository);
  try {
    const guarded = await ports.tags.guarded.read(ref);
    if (guarded === null) return [];
    const tags = await ports.tags.list(repository);
    const owes = [guarded, ...tags].some(({ due }) => due.length > 0);
    return [
      {
        ref,
        state: { ...guarded, owes, isNewsDue: () => false },
        isChanged: async (listed, _, now) => {
          const applied = await ports.policies.readApplied(repository);
          return applied !== null && mayChange(guarded, tags, listed, applied, now);
        },
      },
    ];
  } catch (error) {
    if (!(error instanceof HeadlockError && error.code === 'corrupt_item')) throw error;
    return [{ ref, state: null, isChanged: () => false }];
  }
}

/** Whether deciding the tags would judge one, begin or end with one, or say something else of one. */
function mayChange(
  guarded: GuardedTags,
  tags: readonly TagState[],
  listed: ListedRefs,
  applied: AppliedPolicy,
  now: Timestamp,
): boolean {
  const states = new Map(tags.map((state) => [tagNameOf(state.ref), state]));
  const found = listGuarded(listed.tags, applied);
  const fresh = found.filter(({ name }) => !states.has(name)).length;
  const room = countRoom(states, MAX_GUARDED_TAGS);
  return (
    guarded.unreachable !== null ||
    Math.min(fresh, room) > 0 ||
    fresh > room !== (guarded.lock !== null) ||
    listUndecided(found, states, applied.version, now).length > 0 ||
    isAnyMoved(states, found, applied, now)
  );
}

/** What the listing alone tells of tags: moved, deleted, restored; and what the policy says of their keys (trust rules 4.9, 3.3). */
function isAnyMoved(
  states: ReadonlyMap<string, TagState>,
  found: readonly ListedTag[],
  { version, policy, signatories }: AppliedPolicy,
  now: Timestamp,
): boolean {
  const objects = new Map(found.map(({ name, object }) => [name, object]));
  const isCompromised = createCompromiseCheck(signatories, policy.compromisedKeys);
  // A tag that is missing is looked at until it counts as deleted: how long that takes is not decided here.
  const context = { policyVersion: version, now, lagSeconds: 0, isCompromised };
  return [...states].some(([name, state]) => {
    if (state.retired || findTagRule(policy.tags, name) === null) return false;
    const object = objects.get(name);
    const observation = object === undefined ? ({ kind: 'gone' } as const) : listedAs(object);
    return !isDeepStrictEqual(nextTagState(state, observation, context), state);
  });
}

function listedAs(object: ListedTag['object']) {
  return { kind: 'listed', object, finding: null } as const;
}
