import { type BranchState, publishedStateOf } from '../../shared/model/branch-state.ts';
import { HeadlockError } from '../../shared/model/headlock-error.ts';
import type { StatementStore } from '../../shared/store/statement-store.ts';

/**
 * `no_statement`: nothing is published, or the statement is of something that has none. `statement_pending`: it is being
 * issued.
 */
export type ReadAttestationErrorCode = 'no_statement' | 'statement_pending';

/**
 * The signed statement about what a branch publishes, as it was stored (trust rule 6.1). Only one that tells the published
 * sequence, revision and state is served, and none that has expired: until its successor is signed an agent keeps what it
 * runs (trust rule 6.2). One of the same state that is merely past half of its life still counts.
 *
 * @param state - read consistently, as the statement is: what was served once is never followed by an earlier one
 * @throws HeadlockError `no_statement`, `statement_pending`
 */
export async function readAttestation(
  statements: Pick<StatementStore, 'read'>,
  state: BranchState,
  now: Date,
): Promise<string> {
  if (state.trusted === null) throw createNoStatementError('Nothing is published yet, so there is nothing to state.');
  const signed = await statements.read(state.ref);
  if (signed === null || signed.expires <= now.toISOString()) throw createPendingError();
  const { sequence, revision, state: stated, envelope } = signed;
  const isCurrent = sequence === state.sequence && revision === state.trusted.oid && stated === publishedStateOf(state);
  if (!isCurrent) throw createPendingError();
  return envelope;
}

/** Trust rule 4.9: what is final needs no statement that is issued anew. */
export function createNoTagStatementError(): HeadlockError<ReadAttestationErrorCode> {
  return createNoStatementError('Tags have no statements: one that is proven never changes. Ask for a branch.');
}

function createNoStatementError(message: string): HeadlockError<ReadAttestationErrorCode> {
  return new HeadlockError('no_statement', message, { kind: 'input' });
}

function createPendingError(): HeadlockError<ReadAttestationErrorCode> {
  const message =
    'The statement about what is published now is being issued. Keep what you run, and ask again in a few seconds.';
  return new HeadlockError('statement_pending', message, { kind: 'input' });
}
