import type { CommitNode } from '../../shared/model/commit.ts';
import { type Oid, parseOid } from '../../shared/model/oid.ts';
import { decide } from '../../shared/trust/decide.ts';
import { walkHistory } from '../../shared/trust/walk-history.ts';
import { verdictOf } from '../support/small-history.ts';
import { type BenchRow, compareTimes, medianMs } from './measure.ts';

const COMMITS = 100_000;
const LIMIT_MS = 150;

/** Deciding a history of 100,000 verified commits with merges. */
export async function benchDecision(): Promise<BenchRow> {
  const id = (n: number): Oid => parseOid(n.toString(16).padStart(40, '0'));
  const graph = new Map<Oid, CommitNode>();
  for (let n = 1; n <= COMMITS; n += 1) {
    const parents = n % 7 === 0 && n > 20 ? [id(n - 1), id(n - 5)] : [id(n - 1)];
    graph.set(id(n), { oid: id(n), parents });
  }
  const verdicts = new Map([...graph.keys()].map((oid) => [oid, verdictOf(oid, undefined)]));
  const run = () => {
    const walk = walkHistory({ mode: 'all', trusted: id(0), tip: id(COMMITS), graph, ancestors: null });
    if (walk.kind !== 'range' || decide(walk.range, verdicts, { publishers: null }).advance === null)
      throw new Error('The tip is not reached.');
  };
  await medianMs(1, run);
  return compareTimes(`decide ${COMMITS.toLocaleString('en')} commits`, await medianMs(5, run), 'limit', LIMIT_MS);
}
