import type { BranchState } from '../../shared/model/branch-state.ts';
import type { BranchStore } from '../../shared/store/branch-store.ts';

/** Shows every guarded branch that a sweep lists to whoever measures them, with no read of its own. */
export function watchListing(
  branches: Pick<BranchStore, 'listEach'>,
  show: (state: BranchState) => void,
): Pick<BranchStore, 'listEach'> {
  return {
    async listEach(repository) {
      const listed = await branches.listEach(repository);
      for (const { state } of listed) if (state !== null && !state.retired) show(state);
      return listed;
    },
  };
}
