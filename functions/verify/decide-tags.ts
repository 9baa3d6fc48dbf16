import { isDeepStrictEqual } from 'node:util';
import type { AppliedPolicy } from '../../shared/model/policy.ts';
import { findTagRule } from '../../shared/model/tag-rule.ts';
import { type GuardedTags, publishedStateOfTag, type TagCounts, type TagState } from '../../shared/model/tag-state.ts';
import { createCompromiseCheck } from '../../shared/signatures/compromise-check.ts';
import { createAlertBudget } from '../../shared/trust/alert-hour.ts';
import { announceTag } from '../../shared/trust/announce-tag.ts';
import type { ListedTag, TagFinding } from '../../shared/trust/judge-tag.ts';
import { NO_EVIDENCE } from '../../shared/trust/list-evidence.ts';
import { nextTagState, type TagObservation } from '../../shared/trust/next-tag-state.ts';
import type { TagPorts } from './ports.ts';

export interface NextTags {
  readonly changed: readonly TagState[];
  /** The first tag whose change waits for another step. */
  readonly left: string | null;
  readonly overview: Pick<GuardedTags, 'counts' | 'alertHour'>;
}

/**
 * What becomes of all tags, as many changes as one run makes.
 * @param seen - null before the forge is asked
 */
export function decideTags(
  { alertHour }: GuardedTags,
  states: ReadonlyMap<string, TagState>,
  seen: { readonly listed: readonly ListedTag[]; readonly found: ReadonlyMap<string, TagFinding> } | null,
  { version, policy, signatories }: AppliedPolicy,
  ports: TagPorts,
): NextTags {
  const now = ports.now().toISOString();
  const isCompromised = createCompromiseCheck(signatories, policy.compromisedKeys);
  const context = { policyVersion: version, now, lagSeconds: ports.lagSeconds, isCompromised };
  const objects = new Map(seen?.listed.map(({ name, object }) => [name, object]));
  const observe = (name: string): TagObservation => {
    if (seen === null) return { kind: 'unseen' };
    const object = objects.get(name);
    return object === undefined ? { kind: 'gone' } : { kind: 'listed', object, finding: seen.found.get(name) ?? null };
  };
  const usual = createAlertBudget(alertHour, now);
  const budgets = { usual, urgent: createAlertBudget(null, now) };
  const changed: TagState[] = [];
  const counts: Record<keyof TagCounts, number> = { Pending: 0, Trusted: 0, Locked: 0, Compromised: 0 };
  let left: string | null = null;
  for (const [name, state] of states) {
    if (state.retired || findTagRule(policy.tags, name) === null) continue;
    const next = nextTagState(state, observe(name), context);
    const isChanged = !isDeepStrictEqual(next, state);
    const waits = isChanged && changed.length === ports.tagsPerStep;
    if (waits) left ??= name;
    else if (isChanged)
      changed.push(announceTag(state, next, now, budgets, seen?.found.get(name)?.evidence ?? NO_EVIDENCE));
    counts[publishedStateOfTag(waits ? state : next)] += 1;
  }
  return { changed, left, overview: { counts, alertHour: usual.hour } };
}
