import { isDeepStrictEqual } from 'node:util';
import { type BranchRef, formatBranchRef } from '../../shared/model/branch-ref.ts';
import { HeadlockError } from '../../shared/model/headlock-error.ts';
import type { StateStore } from '../../shared/store/tag-store.ts';

/** Verifiers write a branch a few times a push. */
const MAX_CONFLICTS = 20;

/**
 * Reads a branch, or a tag, and writes what `change` makes of it, again from a fresh read where somebody else wrote first (trust rule
 * 5.1).
 * @param change - gets null where there is no state yet, gives null where nothing is to be written
 * @returns what was written, or null
 * @throws HeadlockError `contended`
 */
export async function updateBranch<State extends { readonly version: number }>(
  ref: BranchRef,
  store: Pick<StateStore<State>, 'read' | 'write'>,
  change: (state: State | null) => State | null,
): Promise<State | null> {
  let found = await store.read(ref);
  for (let attempt = 0; attempt < MAX_CONFLICTS; attempt += 1) {
    const changed = change(found);
    if (changed === null) return null;
    const written = await store.write(changed);
    if (written !== null) return written;
    found = await store.read(ref);
    // Where an answer was lost and the SDK tried again, our own first try looks like somebody else's. It is done, and owes its
    // one audit record (trust rule 5.4).
    if (isDeepStrictEqual(found, { ...changed, version: changed.version + 1 })) return found;
  }
  const message = `${formatBranchRef(ref)} is written by others all the time. Run the command again.`;
  throw new HeadlockError('contended', message, { kind: 'upstream', retryable: true });
}
