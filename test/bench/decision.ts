import { createHash } from 'node:crypto';
import { readGraph } from '../../functions/verify/fetch-range.ts';
import type { CommitNode } from '../../shared/model/commit.ts';
import { type Oid, parseOid } from '../../shared/model/oid.ts';
import type { CommitReason } from '../../shared/model/verdict.ts';
import { decide } from '../../shared/trust/decide.ts';
import { walkHistory } from '../../shared/trust/walk-history.ts';
import { verdictOf } from '../support/small-history.ts';
import { ladder, octopuses, randomHistory, type Shape } from './history-shapes.ts';
import { type BenchRow, compareTimes, medianMs } from './measure.ts';

const COMMITS = 100_000;
const ROUNDS = 7;
const LIMIT_MS = 150;
const PERSON = 'Alice <alice@example.com> 1767225600 +0000';

/**
 * From the parents of 100,000 new commits and their verdicts to the decision: `walkHistory` and `decide`. Each round has ids
 * of its own, as strings that nothing looked up before. Reading the parents from the commits' bytes is a row of its own.
 */
export async function benchDecision(): Promise<BenchRow[]> {
  const random = randomHistory(COMMITS);
  return [
    await compareDecision('a random history', random, undefined),
    await compareDecision('a random history, all refused', random, 'unsigned'),
    await compareDecision('a ladder, all refused', ladder(COMMITS), 'unsigned'),
    await compareDecision('merges of 16', octopuses(COMMITS), undefined),
    await compareReading(random),
  ];
}

async function compareDecision(name: string, shape: Shape, reason: CommitReason | undefined): Promise<BenchRow> {
  let round = 0;
  const prepare = () => {
    round += 1;
    const idOf = createIds(round);
    const nodes = shape.map((parents, n): CommitNode => ({ oid: idOf(n), parents: parents.map(idOf) }));
    const graph = new Map(nodes.slice(1).map((node) => [node.oid, node]));
    const verdicts = new Map(nodes.map(({ oid }) => [oid, verdictOf(oid, reason)]));
    return { graph, verdicts, trusted: idOf(0), tip: idOf(COMMITS) };
  };
  const run = ({ graph, verdicts, trusted, tip }: ReturnType<typeof prepare>) => {
    const walk = walkHistory({ mode: 'all', trusted, tip, graph, ancestors: null });
    if (walk.kind !== 'range' || walk.range.asked.length !== COMMITS) throw new Error('Not all is asked for.');
    const { advance } = decide(walk.range, verdicts, { publishers: null });
    if (advance?.oid !== (reason === undefined ? tip : undefined)) throw new Error('That is not the decision.');
  };
  return compareWithLimit(`decide ${name}`, run, prepare);
}

async function compareReading(shape: Shape): Promise<BenchRow> {
  const idOf = createIds(0);
  const commits = shape.map((parents, n): [Oid, Uint8Array] => {
    const links = [`tree ${idOf(n)}`, ...parents.map((parent) => `parent ${idOf(parent)}`)];
    return [idOf(n), Buffer.from(`${links.join('\n')}\nauthor ${PERSON}\ncommitter ${PERSON}\n\nCommit ${n}\n`)];
  });
  return compareWithLimit('read the parents', readGraph, () => new Map(commits));
}

async function compareWithLimit<T>(name: string, run: (input: T) => unknown, prepare: () => T): Promise<BenchRow> {
  await medianMs(2, run, prepare);
  const ours = await medianMs(ROUNDS, run, prepare);
  return compareTimes(`${COMMITS.toLocaleString('en')} commits: ${name}`, ours, 'limit', LIMIT_MS);
}

/** Each call makes a new string. */
function createIds(round: number): (n: number) => Oid {
  return (n) => parseOid(createHash('sha1').update(`${round} ${n}`).digest('hex'));
}
