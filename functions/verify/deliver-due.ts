import { assertNever } from '../../shared/model/assert-never.ts';
import type { BranchState, Due } from '../../shared/model/branch-state.ts';
import type { VerifyPorts } from './ports.ts';

/** A branch, or a tag. */
type Owing = Pick<BranchState, 'ref' | 'due'>;

/** Where what is due goes. */
type Announcers = Pick<VerifyPorts, 'history' | 'alerts' | 'statuses'>;

interface Writer<State> {
  write(state: State): Promise<State | null>;
}

/**
 * Delivers what former writes owe, then takes it off the branch (trust rule 5.5). Delivering twice is harmless; an
 * announcement that fails stays due, and the fault is thrown so that the queue brings the branch back.
 * @returns the branch without debts, or null where somebody else wrote it meanwhile: what it still owes is then theirs too.
 */
export async function deliverDue<State extends Owing>(
  state: State,
  ports: Announcers & { readonly branches: Writer<State> },
): Promise<State | null> {
  if (state.due.length === 0) return state;
  for (const [index, due] of state.due.entries()) {
    try {
      await deliver(state, due, ports);
    } catch (error) {
      // What came before is done: nobody is alerted again with every attempt.
      if (index > 0) await ports.branches.write({ ...state, due: state.due.slice(index) });
      throw error;
    }
  }
  return ports.branches.write({ ...state, due: [] });
}

async function deliver({ ref }: Owing, due: Due, ports: Announcers): Promise<void> {
  switch (due.kind) {
    case 'event':
      return ports.history.putEvent(ref, due.id, due.event);
    case 'revision':
      return ports.history.putRevision(ref, due.record);
    case 'alert':
      return ports.alerts.publish(`${ref.repository}:${ref.branch}:${due.id}`, due.alert);
    case 'status':
      return ports.statuses.send({ ref, commit: due.commit, delivery: due.id });
    default:
      return assertNever(due);
  }
}
