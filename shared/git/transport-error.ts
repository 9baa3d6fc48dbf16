import type { UnreachableCause } from '../model/branch-state.ts';
import { HeadlockError } from '../model/headlock-error.ts';
import type { BranchLimits } from '../model/limits.ts';
import type { FetchOutcome, SourceUnreachable } from './commit-source.ts';

export type TransportErrorCode = UnreachableCause | 'limit_exceeded';

/** Why a source's answer cannot be used. Inside shared/git only: a `CommitSource` hands it out as an outcome. */
export class TransportError extends HeadlockError<TransportErrorCode> {
  /** The bound that was passed, where `code` is `limit_exceeded`. */
  readonly limit: keyof BranchLimits | null;
  /** Seconds that the forge asks its callers to wait; null where it does not. */
  readonly retryAfter: number | null;

  constructor(
    code: TransportErrorCode,
    message: string,
    { limit = null, retryAfter = null }: Partial<Pick<TransportError, 'limit' | 'retryAfter'>> = {},
  ) {
    super(code, message, { kind: 'upstream', retryable: code !== 'limit_exceeded' });
    this.name = 'TransportError';
    this.limit = limit;
    this.retryAfter = retryAfter;
  }
}

/** The source broke the protocol or the format. */
export function badResponse(what: string): TransportError {
  return new TransportError(
    'bad_response',
    `The git server's answer makes no sense: ${what}. Try again; if it stays so, check the URL.`,
  );
}

/** The pack, or the answer around it, ends too early. */
export function truncatedPack(what: string): TransportError {
  return new TransportError('truncated_pack', `The pack was cut off: ${what}. It will be fetched again.`);
}

/** Trust rule 4.7: past a limit nothing is trusted. */
export function limitExceeded(limit: keyof BranchLimits, what: string): TransportError {
  return new TransportError('limit_exceeded', `${what}. Raise limits.${limit} of the branch if this is legitimate.`, {
    limit,
  });
}

/** @throws whatever is no failure of the source: a bug. */
export function unreachableOf(error: unknown): SourceUnreachable {
  if (!(error instanceof TransportError) || error.code === 'limit_exceeded') throw error;
  const { code: cause, message, retryAfter } = error;
  return { kind: 'unreachable', cause, message, ...(retryAfter === null ? {} : { retryAfter }) };
}

/** @throws whatever is no failure of the source: a bug. */
export function fetchFailureOf(error: unknown): Exclude<FetchOutcome, { kind: 'commits' | 'no-common-path' }> {
  if (!(error instanceof TransportError) || error.limit === null) return unreachableOf(error);
  return { kind: 'limit-exceeded', limit: error.limit, message: error.message };
}
