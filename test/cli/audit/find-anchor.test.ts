import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findAnchor } from '../../../cli/audit/find-anchor.ts';
import { firstParentChain } from '../../../cli/audit/history-lines.ts';
import { prepareTrials } from '../../../cli/audit/run-trials.ts';
import type { CommitNode } from '../../../shared/model/commit.ts';
import { type Oid, parseOid } from '../../../shared/model/oid.ts';
import type { Mode } from '../../../shared/model/policy.ts';
import { createRefusal, type Verdict } from '../../../shared/model/verdict.ts';

const idOf = (n: number): Oid => parseOid(n.toString(16).padStart(40, '0'));

/** By each commit's parents, the oldest first; the last is the tip. */
function graphOf(shape: readonly (readonly number[])[]): ReadonlyMap<Oid, CommitNode> {
  return new Map(shape.map((parents, n) => [idOf(n), { oid: idOf(n), parents: parents.map(idOf) }]));
}

function verdictOf(commit: Oid, isGood: boolean): Verdict {
  const found = { commit, payloadSha256: '', committer: '', firstSeen: 0 };
  if (!isGood) return { ...createRefusal('unsigned', 'carries no signature.', 'Sign it.'), ...found };
  const keys = { fingerprint: 'a', certifiedBy: null, certificate: null };
  return { outcome: 'verified', format: 'ssh', signatory: 'Alice', signedAt: null, ...keys, ...found };
}

/** What the code that decides a branch makes of an anchor: whether the branch reaches its tip. */
function reaches(
  mode: Mode,
  anchor: Oid,
  tip: Oid,
  graph: ReadonlyMap<Oid, CommitNode>,
  bad: ReadonlySet<number>,
): boolean {
  const chain = firstParentChain(tip, null, graph);
  const from = chain.slice(0, chain.indexOf(anchor) + 1);
  const verdicts = new Map([...graph.keys()].map((oid, n) => [oid, verdictOf(oid, !bad.has(n))]));
  const trials = prepareTrials({ tip, chain: from, graph, collisions: new Set() })(verdicts, {
    keyTime: 'ignore',
    withForge: false,
  });
  return trials.find((trial) => trial.mode === mode)?.lock === null;
}

const MODES: readonly Mode[] = ['all', 'first-parent', 'head'];

describe('the anchor that would not lock', () => {
  //   0 ─ 1 ─ 2 ─ 4 ─ 5      3 is a side branch of 1, merged by 4
  const graph = graphOf([[], [0], [1], [1], [2, 3], [4]]);
  const chain = firstParentChain(idOf(5), null, graph);
  const find = (mode: Mode, ...bad: number[]) => findAnchor(mode, chain, graph, (oid) => !bad.map(idOf).includes(oid));

  it.each([
    ['all', [], 0, 5],
    ['all', [0], 0, 5], // An anchor itself is not judged.
    ['all', [1], 1, 4],
    ['all', [3], 4, 1], // What a merge brings is behind the merge.
    ['first-parent', [3], 0, 4],
    ['first-parent', [2], 2, 2],
    ['head', [1, 2, 3, 4], 0, 1],
    ['all', [5], 5, 0],
    ['first-parent', [5], 5, 0],
    ['head', [5], 5, 0],
  ] as const)('in mode %s with %j unproven is %d, and %d commits are judged', (mode, bad, anchor, judged) => {
    expect(find(mode, ...bad)).toEqual({ anchor: idOf(anchor), judged });
  });

  // Trust rule 4.5.
  it('is not behind the merge of another history', () => {
    const other = graphOf([[], [0], [], [1, 2], [3]]);
    const line = firstParentChain(idOf(4), null, other);
    expect(findAnchor('all', line, other, () => true)).toEqual({ anchor: idOf(3), judged: 1 });
    expect(findAnchor('first-parent', line, other, () => true).anchor).toBe(idOf(0));
  });

  // Trust rules 1.1, 1.5: a commit that was made to collide is absent, not old.
  it('is not behind a commit that collides, on which the branch would lock', () => {
    const sent = new Map([...graph].filter(([oid]) => oid !== idOf(3)));
    const verdicts = new Map([...sent.keys()].map((oid) => [oid, verdictOf(oid, true)]));
    const run = prepareTrials({ tip: idOf(5), chain, graph: sent, collisions: new Set([idOf(3)]) });
    const [all, firstParent] = run(verdicts, { keyTime: 'ignore', withForge: false });
    expect(all).toMatchObject({
      lock: { reason: 'sha1_collision', commit: idOf(3) },
      anchor: idOf(4),
      reaches: idOf(2),
    });
    expect(firstParent).toMatchObject({ lock: null });
  });

  it('is the oldest of those from which the branch would reach its tip, in any history', () => {
    const histories = fc.array(fc.tuple(fc.nat(), fc.option(fc.nat()), fc.boolean()), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(histories, fc.constantFrom(...MODES), (drawn, mode) => {
        const shape = drawn.map(([first, second], n) => {
          if (n === 0) return [];
          const parents = second === null ? [first % n] : [first % n, second % n];
          return [...new Set(parents)];
        });
        const bad = new Set(drawn.flatMap(([, , isGood], n) => (isGood ? [] : [n])));
        const graph = graphOf(shape);
        const tip = idOf(shape.length - 1);
        const chain = firstParentChain(tip, null, graph);
        const { anchor } = findAnchor(mode, chain, graph, (oid) => !bad.has(Number.parseInt(oid, 16)));
        const at = chain.indexOf(anchor);
        expect(reaches(mode, anchor, tip, graph, bad)).toBe(true);
        expect(chain.slice(at + 1).filter((older) => reaches(mode, older, tip, graph, bad))).toEqual([]);
      }),
    );
  });
});
