import { HeadlockError } from '../model/headlock-error.ts';
import type { ItemKey } from './item-keys.ts';

export type StoreErrorCode =
  /** An item is missing a part, or holds what this version does not know: it counts as untrusted, never as a default. */
  | 'corrupt_item'
  /** An append-only record exists with other contents. */
  | 'record_conflict'
  /** DynamoDB did not take a batch after several tries. */
  | 'store_throttled'
  | 'unknown_token'
  | 'existing_token'
  | 'policy_conflict';

const describeKey = (key: ItemKey): string => `${key.pk} / ${key.sk}`;

export function createCorruptItemError(key: ItemKey, problem: string): HeadlockError<StoreErrorCode> {
  return new HeadlockError(
    'corrupt_item',
    `The stored item ${describeKey(key)} cannot be trusted: ${problem}. Restore the table to a time before it was damaged, or run the version of Headlock that wrote it.`,
    { kind: 'configuration' },
  );
}

export function createRecordConflictError(key: ItemKey): HeadlockError<StoreErrorCode> {
  return new HeadlockError(
    'record_conflict',
    `The append-only record ${describeKey(key)} exists with other contents and was left as it is. Try again; if it stays, somebody wrote to the table past Headlock: compare it with a backup.`,
    { kind: 'upstream', retryable: true },
  );
}

export function createThrottledError(): HeadlockError<StoreErrorCode> {
  return new HeadlockError(
    'store_throttled',
    'DynamoDB left writes or reads of a batch unprocessed several times. Try again; if it stays, look at the throttling metrics of the table.',
    { kind: 'upstream', retryable: true },
  );
}

export function createUnknownTokenError(): HeadlockError<StoreErrorCode> {
  return new HeadlockError('unknown_token', 'There is no such token. `headlock token list` shows those that exist.', {
    kind: 'input',
  });
}

export function createExistingTokenError(): HeadlockError<StoreErrorCode> {
  return new HeadlockError('existing_token', 'This token exists already. Create another one.', { kind: 'input' });
}

export function createPolicyConflictError(repository: string): HeadlockError<StoreErrorCode> {
  return new HeadlockError(
    'policy_conflict',
    `The policy of ${repository} was changed by somebody else at the same time. Run the command again.`,
    { kind: 'input', retryable: true },
  );
}
