import { isDeepStrictEqual } from 'node:util';
import type { BranchState, Lock, Progress, Timestamp, Unreachable, UnreachableCause } from '../model/branch-state.ts';
import type { Oid } from '../model/oid.ts';
import type { BranchPolicy } from '../model/policy.ts';
import { mintTrustedRevision, type TrustedRevision } from '../model/trusted-revision.ts';
import { type AnnouncementContext, announceChanges, lockKey } from './announce-changes.ts';
import { nextDecisionTime, notAhead } from './clock-steps.ts';
import type { Decision } from './decide.ts';
import { NO_EVIDENCE } from './list-evidence.ts';
import { nextProof } from './next-proof.ts';
import { branchDeleted, historyRewritten, type Offence } from './offence.ts';

/** What one look at the forge found. */
export type Observation =
  | { readonly kind: 'unreachable'; readonly cause: UnreachableCause; readonly message: string }
  /** A complete and successful listing does not have the branch (trust rule 4.4). */
  | { readonly kind: 'gone' }
  /** The tip does not have the trusted revision as an ancestor; `mayLag` where the tip may be one of its ancestors instead (trust rule 4.4). */
  | { readonly kind: 'not-descendant'; readonly tip: Oid; readonly mayLag: boolean; readonly isWhole: boolean }
  /** The range could not be walked: what is missing or too large is the offence. */
  | { readonly kind: 'undecided'; readonly tip: Oid; readonly offence: Offence }
  /** A range too long for one run: what is judged so far decides nothing (trust rule 4.7). */
  | { readonly kind: 'in-progress'; readonly progress: Progress }
  /** `isWhole`: every object between the trusted revision and the tip is there, well formed and within bounds (trust rule 4.6). */
  | { readonly kind: 'decided'; readonly tip: Oid; readonly decision: Decision; readonly isWhole: boolean };

export interface DecisionContext extends AnnouncementContext {
  readonly policyVersion: number;
  /** How long a tip may lag behind before it counts as a rewrite (trust rule 4.4), in seconds. */
  readonly lagSeconds: number;
}

export const UNREACHABLE_ALERT_AFTER_MS = 15 * 60_000;

/**
 * First seen is remembered for a week past the time at which nothing was pending: for commits that are dropped and come
 * back, for what another verifier or a replica saw meanwhile, and for clocks that differ.
 */
const FIRST_SEEN_MEMORY_MS = 7 * 24 * 3_600_000;

/**
 * The state after an observation, with the announcements that it owes (trust rules 4.2–4.6, 5.1, 5.5); null where nothing
 * changed, so that a sweep that finds nothing writes nothing. Never moves the trusted revision but forward.
 */
export function nextState(state: BranchState, observation: Observation, context: DecisionContext): BranchState | null {
  const governed = enforce(state, context.branch);
  const found = find(governed, observation, context);
  const decidedAt = isPublishedAlike(found, state) ? state.decidedAt : nextDecisionTime(state, context.now);
  const evidence = observation.kind === 'decided' ? observation.decision.evidence : NO_EVIDENCE;
  const announced = announceChanges(state, { ...found, decidedAt }, context, evidence);
  return isDeepStrictEqual(announced, state) ? null : announced;
}

function find(state: BranchState, observation: Observation, context: DecisionContext): BranchState {
  switch (observation.kind) {
    case 'unreachable':
      return markUnreachable(state, observation, context);
    case 'in-progress':
      // The sweep goes on with it, should the hint for the next step be lost.
      return { ...state, progress: observation.progress, unreachable: null, lagging: null, recheckAt: context.now };
    default:
      return settle(state, observation, context);
  }
}

/** Trust rule 4.6: a dry run ends with the policy that says so, also while the forge cannot be read or lags behind. */
function enforce(state: BranchState, { enforcement }: BranchPolicy): BranchState {
  return { ...state, enforcement, observedTip: enforcement === 'report' ? state.observedTip : null };
}

type Reached = Exclude<Observation, { kind: 'unreachable' | 'in-progress' }>;

function settle(state: BranchState, observation: Reached, context: DecisionContext): BranchState {
  const { now, policyVersion, branch } = context;
  const reached: BranchState = {
    ...state,
    policyVersion,
    unreachable: null,
    lagging: null,
    progress: null,
    recheckAt: null,
  };
  if (observation.kind === 'gone') {
    return { ...reached, tip: null, observedTip: null, lock: lockOn(branchDeleted(state), state, now) };
  }

  const tip = state.tip?.revision === observation.tip ? state.tip : { revision: observation.tip, seenAt: now };
  const isKnownRewrite = state.lock?.reason === 'history_rewritten' && state.lock.commit === observation.tip;
  if (observation.kind === 'not-descendant' && observation.mayLag && !isKnownRewrite) {
    const seen = state.lagging?.revision === observation.tip ? state.lagging.since : now;
    const lagging = { revision: observation.tip, since: notAhead(seen, now) };
    const due = new Date(Date.parse(lagging.since) + context.lagSeconds * 1000).toISOString();
    if (now < due) return { ...reached, lagging, recheckAt: due };
  }

  const isWhole = observation.kind !== 'undecided' && observation.isWhole;
  const observedTip =
    branch.enforcement === 'report' && isWhole ? { revision: observation.tip, enforced: false as const } : null;
  const standing = { ...reached, tip, observedTip };
  if (observation.kind === 'not-descendant') {
    return { ...standing, lock: lockOn(historyRewritten(state, observation.tip), state, now) };
  }
  if (observation.kind === 'undecided') return { ...standing, lock: lockOn(observation.offence, state, now) };

  const { offence, recheckAt } = observation.decision;
  // Trust rule 3.3: nothing advances before an operator clears the compromise.
  const advance = state.compromise === null ? observation.decision.advance : null;
  // Trust rule 5.6: agents may run something newer than what the backup knew, until the branch proves that there is nothing.
  if (state.resumeAt !== null && advance === null && (offence !== null || state.compromise !== null)) {
    return {
      ...standing,
      lock: offence === null ? null : lockOn(offence, state, now),
      recheckAt: recheckAt === null ? null : new Date(recheckAt * 1000).toISOString(),
    };
  }
  // Trust rule 5.7: the anchor itself is first published with the first decision.
  const trusted: TrustedRevision = advance ?? state.trusted ?? mintTrustedRevision(state.resumeAt ?? state.anchor);
  const isAdvance = trusted.oid !== state.trusted?.oid;
  const published = {
    ...{ sequence: state.sequence + 1, revision: trusted.oid, previous: state.trusted?.oid ?? state.resumeAt },
    ...{ mode: branch.mode, keyTime: branch.keyTime },
  };
  return {
    ...standing,
    trusted,
    resumeAt: null,
    sequence: isAdvance ? published.sequence : state.sequence,
    proof: isAdvance ? nextProof(state.proof, published, state) : state.proof,
    lock: offence === null ? null : lockOn(offence, state, now),
    alertedLocks: isAdvance ? [] : state.alertedLocks,
    trustedSince: isAdvance ? now : state.trustedSince,
    seenFrom:
      trusted.oid === observation.tip && (isAdvance || state.lock !== null) ? rememberedFrom(now) : state.seenFrom,
    recheckAt: recheckAt === null ? null : new Date(recheckAt * 1000).toISOString(),
  };
}

function rememberedFrom(now: Timestamp): Timestamp {
  return new Date(Date.parse(now) - FIRST_SEEN_MEMORY_MS).toISOString();
}

/** A lock keeps its `since` while it is the same one. */
export function lockOn(offence: Offence, state: Pick<BranchState, 'lock'>, now: Timestamp): Lock {
  const isSame = state.lock !== null && lockKey(state.lock) === lockKey(offence);
  return { ...offence, since: isSame && state.lock !== null ? state.lock.since : now };
}

export function markUnreachable<State extends Pick<BranchState, 'unreachable'>>(
  state: State,
  { cause, message }: { cause: UnreachableCause; message: string },
  { now }: Pick<DecisionContext, 'now'>,
): State {
  const since = notAhead(state.unreachable?.since ?? now, now);
  const alerted = Date.parse(now) - Date.parse(since) >= UNREACHABLE_ALERT_AFTER_MS;
  const unreachable: Unreachable = {
    cause,
    message,
    since,
    attempts: (state.unreachable?.attempts ?? 0) + 1,
    alerted: state.unreachable?.alerted === true || alerted,
  };
  return { ...state, unreachable };
}

/** Whether agents see the same: then the time of the decision, and with it their ETag, stays (interfaces, part 3). */
function isPublishedAlike(a: BranchState, b: BranchState): boolean {
  const view = ({ trusted, sequence, tip, lock, compromise, observedTip, policyVersion, unreachable }: BranchState) => {
    const flag = unreachable === null ? null : [unreachable.cause, unreachable.since];
    return { trusted, sequence, tip, lock, compromise, observedTip, policyVersion, flag };
  };
  return isDeepStrictEqual(view(a), view(b));
}
