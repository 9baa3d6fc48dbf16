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

export type DeliveryPorts<State> = Announcers & { readonly branches: Writer<State> };

/** Statuses that a branch may owe while their queue cannot be reached. An item of DynamoDB has an end, and they are best effort. */
const MAX_OWED_STATUSES = 100;

/**
 * Delivers what former writes owe, then takes it off the branch (trust rule 5.5). Delivering twice is harmless; an
 * announcement that fails stays due, and the fault is thrown so that the queue brings the branch back. Commit statuses come
 * last and are best effort: one that fails stays due, and nothing waits for it.
 * @param finish - what else that last write records
 * @returns the branch without debts but such statuses, or null where somebody else wrote it meanwhile: what it still owes is
 * then theirs too.
 */
export async function deliverDue<State extends Owing>(
  state: State,
  ports: DeliveryPorts<State>,
  finish: (state: State) => Promise<State> = async (finished) => finished,
): Promise<State | null> {
  const { firsts, statuses } = sortDue(state);
  await deliverInOrder(state, firsts, statuses, ports);
  const owed = await deliverStatuses(state, statuses, ports);
  const finished = await finish(state);
  const isOver = owed.length === state.due.length && finished === state;
  return isOver ? state : ports.branches.write({ ...finished, due: owed });
}

/**
 * The same without commit statuses, which stay due: before a decision, that must not wait for them.
 */
export async function deliverAnnouncements<State extends Owing>(
  state: State,
  ports: DeliveryPorts<State>,
): Promise<State | null> {
  const { firsts, statuses } = sortDue(state);
  if (firsts.length === 0) return state;
  await deliverInOrder(state, firsts, statuses, ports);
  return ports.branches.write({ ...state, due: statuses });
}

function sortDue({ due }: Owing): { readonly firsts: readonly Due[]; readonly statuses: readonly Due[] } {
  const { firsts = [], statuses = [] } = Object.groupBy(due, ({ kind }) => (kind === 'status' ? 'statuses' : 'firsts'));
  return { firsts, statuses };
}

async function deliverInOrder<State extends Owing>(
  state: State,
  firsts: readonly Due[],
  rest: readonly Due[],
  ports: DeliveryPorts<State>,
): Promise<void> {
  for (const [index, due] of firsts.entries()) {
    try {
      await deliver(state, due, ports);
    } catch (error) {
      // What came before is done: nobody is alerted again with every attempt.
      if (index > 0) await ports.branches.write({ ...state, due: [...firsts.slice(index), ...rest] });
      throw error;
    }
  }
}

/** Up to the first that fails: the queue that refuses one refuses the next. @returns those that stay due. */
async function deliverStatuses(state: Owing, statuses: readonly Due[], ports: Announcers): Promise<readonly Due[]> {
  for (const [index, due] of statuses.entries()) {
    try {
      await deliver(state, due, ports);
    } catch {
      return statuses.slice(index).slice(-MAX_OWED_STATUSES);
    }
  }
  return [];
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
