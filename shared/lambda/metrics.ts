import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import type { UnreachableCause } from '../model/branch-state.ts';

const metrics = new Metrics({ namespace: 'Headlock' });

/** One question that a forge did not answer (interfaces, part 3). CloudWatch reads it from the function's log. */
export function countFetchFailure(reason: UnreachableCause): void {
  const single = metrics.singleMetric();
  single.addDimension('reason', reason);
  single.addMetric('headlock_git_fetch_failure_total', MetricUnit.Count, 1);
}
