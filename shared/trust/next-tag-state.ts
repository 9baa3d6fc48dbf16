import { isDeepStrictEqual } from 'node:util';
import { assertNever } from '../model/assert-never.ts';
import type { Compromise, Timestamp } from '../model/branch-state.ts';
import type { Oid } from '../model/oid.ts';
import type { TagState } from '../model/tag-state.ts';
import type { CompromiseCheck } from '../signatures/compromise-check.ts';
import { nextDecisionTime, notAhead } from './clock-steps.ts';
import { listKeys } from './flag-compromise.ts';
import type { TagFinding } from './judge-tag.ts';
import { lockOn } from './next-state.ts';
import { deletedTag, movedTag, sayTagRef, writeTag } from './tag-offence.ts';

/** What one look at the forge found of a tag. */
export type TagObservation =
  /** The forge is not asked yet. */
  | { readonly kind: 'unseen' }
  /** A complete and successful listing does not have it (trust rule 4.4). */
  | { readonly kind: 'gone' }
  /** `finding` is null where the object was not judged: the tag is final, or its turn has not come. */
  | { readonly kind: 'listed'; readonly object: Oid; readonly finding: TagFinding | null };

export interface TagContext {
  readonly policyVersion: number;
  readonly now: Timestamp;
  /** How long a tag may be missing before it counts as deleted: a replica may lag behind (trust rule 4.4). In seconds. */
  readonly lagSeconds: number;
  /** Of the policy; null where it calls no key compromised. */
  readonly isCompromised: CompromiseCheck | null;
}

/** The tag after an observation, without announcements (trust rule 4.9). Nothing that is published changes here. */
export function nextTagState(state: TagState, observation: TagObservation, context: TagContext): TagState {
  const { now } = context;
  const found = flagCompromisedTag(observe(state, observation, context), context);
  const decidedAt = isPublishedAlike(found, state) ? state.decidedAt : nextDecisionTime(state, now);
  return { ...found, decidedAt };
}

function observe(state: TagState, observation: TagObservation, context: TagContext): TagState {
  switch (observation.kind) {
    case 'unseen':
      return state;
    case 'gone':
      return missTag(state, context);
    case 'listed':
      return seeTag(state, observation, context);
    default:
      return assertNever(observation);
  }
}

/** What never was published is forgotten with its object. */
function missTag(state: TagState, { now, lagSeconds }: TagContext): TagState {
  const missingSince = notAhead(state.missingSince ?? now, now);
  if (state.object === null) return { ...state, missingSince, lock: null, recheckAt: null };
  const isDeleted = Date.parse(now) - Date.parse(missingSince) >= lagSeconds * 1000;
  return { ...state, missingSince, lock: isDeleted ? lockOn(deletedTag(state), state, now) : state.lock };
}

function seeTag(
  state: TagState,
  { object, finding }: TagObservation & { kind: 'listed' },
  context: TagContext,
): TagState {
  const { policyVersion, now } = context;
  const tip = state.tip.revision === object ? state.tip : { revision: object, seenAt: now };
  const seen = { ...state, tip, missingSince: null };
  // Trust rule 4.9: the first verified object is final.
  if (state.object === object) return { ...seen, lock: null };
  if (state.object !== null) return { ...seen, lock: lockOn(movedTag(state, object), state, now) };
  // Nothing is told of an object before it is judged.
  if (finding === null) return state;
  const { revision, offence, evidence } = finding;
  if (revision === null || offence !== null) {
    const recheckAt = finding.recheckAt === null ? null : new Date(finding.recheckAt * 1000).toISOString();
    return { ...seen, policyVersion, recheckAt, lock: offence === null ? null : lockOn(offence, state, now) };
  }
  return {
    ...seen,
    ...{ policyVersion, object, trusted: revision, signedBy: evidence.signedBy },
    ...{ sequence: state.sequence + 1, lock: null, recheckAt: null },
  };
}

/** Trust rule 3.3: it stays published, and flagged. */
function flagCompromisedTag(state: TagState, { isCompromised, now }: TagContext): TagState {
  const { object, signedBy, compromise } = state;
  if (object === null || compromise !== null || isCompromised === null) return state;
  if (signedBy !== null && !signedBy.some(isCompromised)) return state;
  const keys = [...new Set((signedBy ?? []).filter(isCompromised).map(({ fingerprint }) => fingerprint))];
  return { ...state, compromise: describe(state, keys, now) };
}

function describe({ ref, sequence }: TagState, keys: readonly string[], since: Timestamp): Compromise {
  const unlock = `headlock unlock ${ref.repository} ${writeTag(ref.branch)} --sequence ${sequence}`;
  return {
    ...{ keys, since },
    message: `${sayTagRef(ref)} rests on a compromised key (${keys.length === 0 ? 'which one was not recorded' : listKeys(keys)}).`,
    nextStep: `Read what it names. Where that is sound, run \`${unlock} --clear --compromised --reason "why"\`; else go to a sound object with \`${unlock} --to OBJECT --compromised --reason "why"\`.`,
  };
}

/** Whether agents see the same: then the time of the decision stays. */
function isPublishedAlike(one: TagState, other: TagState): boolean {
  const view = ({ trusted, object, sequence, tip, lock, compromise }: TagState) => {
    return { trusted, object, sequence, tip, lock, compromise };
  };
  return isDeepStrictEqual(view(one), view(other));
}
