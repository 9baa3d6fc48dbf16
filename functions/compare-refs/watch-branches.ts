import { isStatementDue } from '../../shared/statements/call-for-statement.ts';
import type { ListedBranch } from '../../shared/store/branch-store.ts';
import { isSettled } from '../../shared/trust/is-settled.ts';
import { isReminderDue } from '../../shared/trust/remind.ts';
import { isKeyCheckDue } from '../../shared/trust/watch-keys.ts';
import type { ComparePorts } from './ports.ts';
import type { Watched } from './watched.ts';

/** All branches that have a state. */
export async function watchBranches(
  repository: string,
  { branches }: Pick<ComparePorts, 'branches'>,
): Promise<readonly Watched[]> {
  return (await branches.listEach(repository)).map(watchBranch);
}

function watchBranch({ ref, state }: ListedBranch): Watched {
  return {
    ref,
    state: state && {
      ...state,
      owes: state.due.length > 0,
      isNewsDue: (now) => isReminderDue(state, now) || isKeyCheckDue(state, now) || isStatementDue(state, now),
    },
    isChanged: (listed, { version, policy }, now) =>
      state !== null &&
      policy.branches.some(({ name }) => name === ref.branch) &&
      !isSettled(state, listed.branches.get(ref.branch) ?? null, version, now),
  };
}
