import { type BranchState, publishedStateOf, type Timestamp } from '../model/branch-state.ts';
import type { AppliedPolicy } from '../model/policy.ts';
import type { StatedPolicy, StatementTerms } from '../model/statement.ts';
import { digestPolicy } from './digest-policy.ts';

export interface StatementContext {
  readonly now: Timestamp;
  /** How long a statement counts. */
  readonly lifeSeconds: number;
}

/**
 * The branch as it is to be written: where its statement tells of another sequence, state or policy, or is past half of its
 * life, with the terms of a new one, that is yet to be signed (trust rules 6.1, 6.2). Else the very same object.
 *
 * The terms are part of the branch item, so they are recorded by the one conditional write that records what they are about
 * (trust rule 5.1): nobody signs what was not recorded, a crash in between forgets nothing, and of two verifiers only one has
 * its say. What is signed is made of that item alone; to sign it again is harmless.
 */
export function callForStatement(
  state: BranchState,
  applied: AppliedPolicy,
  { now, lifeSeconds }: StatementContext,
): BranchState {
  const { statement: former, trusted, proof, sequence } = state;
  if (trusted === null || proof === null) return state;
  const isStanding = former !== null && !isOutdated(former, state, now);
  if (isStanding && !isOfAnotherPolicy(former, state, applied)) return state;
  const policy = statedPolicyOf(state, applied);
  if (policy === null) return state;

  const inMs = (ms: number) => new Date(Date.parse(now) + ms).toISOString();
  const statement: StatementTerms = {
    ...{ sequence, state: publishedStateOf(state), policy },
    issuedAt: nextIssueTime(state, now),
    renewAt: inMs(lifeSeconds * 500),
    expires: inMs(lifeSeconds * 1000),
    isSigned: false,
    keyId: former?.keyId ?? null,
  };
  return { ...state, statement };
}

/** Whether a run of verify has a statement to issue, as far as the branch item tells: what the sweep asks. */
export function isStatementDue(state: BranchState, now: Timestamp): boolean {
  const { trusted, retired, statement } = state;
  if (trusted === null || retired) return false;
  return statement === null || !statement.isSigned || isOutdated(statement, state, now);
}

function isOutdated(terms: StatementTerms, state: BranchState, now: Timestamp): boolean {
  if (terms.sequence !== state.sequence || terms.state !== publishedStateOf(state)) return true;
  return now >= terms.renewAt || isSetAhead(terms, now);
}

/** More than half of its life before half of its life: a clock that was wrong made it count for too long. */
function isSetAhead({ renewAt, expires }: StatementTerms, now: Timestamp): boolean {
  return Date.parse(renewAt) - Date.parse(now) > Date.parse(expires) - Date.parse(renewAt);
}

function isOfAnotherPolicy(
  { policy }: StatementTerms,
  { policyVersion }: BranchState,
  applied: AppliedPolicy,
): boolean {
  return applied.version === policyVersion && policy.version !== policyVersion;
}

/**
 * The policy of the latest decision. Under one that no decision was made by yet nothing is stated: its URL was never looked
 * at (trust rule 5.6), so the former statement's policy stands until then; null where there was none.
 */
function statedPolicyOf({ policyVersion, statement }: BranchState, applied: AppliedPolicy): StatedPolicy | null {
  if (applied.version !== policyVersion) return statement?.policy ?? null;
  const { version, policy } = applied;
  return { version, verifier: policy.verifier, url: policy.url, sha256: digestPolicy(applied) };
}

/** Agents refuse an older time (trust rule 6.2), so it goes forward also where a clock was set back. */
function nextIssueTime({ decidedAt, statement }: BranchState, now: Timestamp): Timestamp {
  const least = decidedAt !== null && decidedAt > now ? decidedAt : now;
  if (statement === null || least > statement.issuedAt) return least;
  return new Date(Date.parse(statement.issuedAt) + 1).toISOString();
}
