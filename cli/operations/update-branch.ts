import { type BranchRef, formatBranchRef } from '../../shared/model/branch-ref.ts';
import type { BranchState } from '../../shared/model/branch-state.ts';
import { HeadlockError } from '../../shared/model/headlock-error.ts';
import type { BranchStore } from '../../shared/store/branch-store.ts';

/** Verifiers write a branch a few times a push. */
const MAX_CONFLICTS = 20;

/**
 * Reads a branch and writes what `change` makes of it, again from a fresh read where somebody else wrote first (trust rule
 * 5.1).
 * @param change - gets null where the branch has no state yet, gives null where nothing is to be written
 * @returns what was written, or null
 * @throws HeadlockError `contended`
 */
export async function updateBranch(
  ref: BranchRef,
  branches: Pick<BranchStore, 'read' | 'write'>,
  change: (state: BranchState | null) => BranchState | null,
): Promise<BranchState | null> {
  for (let attempt = 0; attempt < MAX_CONFLICTS; attempt += 1) {
    const changed = change(await branches.read(ref));
    if (changed === null) return null;
    const written = await branches.write(changed);
    if (written !== null) return written;
  }
  const message = `${formatBranchRef(ref)} is written by others all the time. Run the command again.`;
  throw new HeadlockError('contended', message, { kind: 'upstream', retryable: true });
}
