import type { UnreachableCause } from '../model/branch-state.ts';
import { emitMetrics } from './metrics.ts';

/** One question that a forge did not answer (interfaces, part 3). */
export function countFetchFailure(reason: UnreachableCause): void {
  emitMetrics({ headlock_git_fetch_failure_total: 1 }, { reason });
}
