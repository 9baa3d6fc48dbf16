import { isRepositoryName } from '../model/branch-ref.ts';
import { HeadlockError } from '../model/headlock-error.ts';

/** Repositories that are to be compared with their forges, each after its delay. Its messages hold the name alone. */
export interface SweepQueue {
  sendAll(turns: readonly { readonly repository: string; readonly delaySeconds: number }[]): Promise<void>;
}

/** @throws HeadlockError `malformed_turn`: the message was not written by Headlock. */
export function parseSweptRepository(body: string): string {
  if (isRepositoryName(body)) return body;
  const message = 'A message of the sweep queue names no repository. Find out who else writes to that queue.';
  throw new HeadlockError('malformed_turn', message, { kind: 'input' });
}
