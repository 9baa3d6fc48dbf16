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
export async function updateBranch<State>(
  ref: BranchRef,
  store: Pick<StateStore<State>, 'read' | 'write'>,
  change: (state: State | null) => State | null,
): Promise<State | null> {
  for (let attempt = 0; attempt < MAX_CONFLICTS; attempt += 1) {
    const changed = change(await store.read(ref));
    if (changed === null) return null;
    const written = await store.write(changed);
    if (written !== null) return written;
  }
  const message = `${formatBranchRef(ref)} is written by others all the time. Run the command again.`;
  throw new HeadlockError('contended', message, { kind: 'upstream', retryable: true });
}
