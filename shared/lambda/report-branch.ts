import { type BranchState, publishedStateOf, type Timestamp } from '../model/branch-state.ts';
import type { StatementTerms } from '../model/statement.ts';
import { emitMetrics } from './metrics.ts';

const DAY_MS = 24 * 3_600_000;

/** The verify function has three turns of the sweep to sign what is called for. */
const SIGNING_MS = 15 * 60_000;

/** The gauges of a branch, which the sweep writes at each of its turns: at every five minutes, whether or not anything changed. */
export function reportBranch(state: BranchState, now: Date): void {
  const { repository, branch } = state.ref;
  const { enforcement, trustedSince, keys, statement } = state;
  const published = publishedStateOf(state);
  const isHeld = (state.lock !== null || state.compromise !== null) && enforcement === 'enforce';
  const ageOf = (since: Timestamp) => secondsBetween(since, now.toISOString());
  const trusted = state.trusted === null ? null : (trustedSince ?? state.decidedAt);
  emitMetrics(
    {
      headlock_branch_locked: isHeld ? 1 : 0,
      ...(trusted !== null && { headlock_trusted_age_seconds: ageOf(trusted) }),
      ...(statement !== null && { headlock_statement_age_seconds: statementAgeOf(statement, now.toISOString()) }),
    },
    { repository, branch, state: published, enforcement },
  );
  for (const { signatory, expires } of keys?.soonest ?? []) {
    const days = (Date.parse(expires) - now.getTime()) / DAY_MS;
    if (days > 0) emitMetrics({ headlock_key_expiry_days: days }, { signatory, repository });
  }
}

/** One that is called for and not signed counts as at its end: nobody can tell how old the one is that agents have. */
function statementAgeOf({ issuedAt, expires, isSigned }: StatementTerms, now: Timestamp): number {
  const age = secondsBetween(issuedAt, now);
  return isSigned || age * 1000 < SIGNING_MS ? age : Math.max(age, secondsBetween(issuedAt, expires));
}

function secondsBetween(from: Timestamp, to: Timestamp): number {
  return Math.max(0, Date.parse(to) - Date.parse(from)) / 1000;
}
