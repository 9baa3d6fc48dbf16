import { describe, expect, it } from 'vitest';
import type { Mode } from '../../../shared/model/policy.ts';
import { type CommitRange, type WalkInput, walkHistory } from '../../../shared/trust/walk-history.ts';
import { graphOf, nameOf, oidNamed } from '../../support/small-history.ts';

function walk(commits: Readonly<Record<string, readonly string[]>>, tip: string, change: Partial<WalkInput> = {}) {
  const input: WalkInput = {
    ...{ mode: 'all', trusted: oidNamed('T'), tip: oidNamed(tip), graph: graphOf(commits), ancestors: null },
    ...change,
  };
  return walkHistory(input);
}

function rangeOf(...given: Parameters<typeof walk>): CommitRange {
  const found = walk(...given);
  if (found.kind !== 'range') throw new Error(found.kind);
  return found.range;
}

/** Of each asked commit the parents that must verify with it, in order, all by name. */
function namesIn({ asked, parents, candidates }: CommitRange) {
  const nameAt = (position: number): string => {
    const id = asked[position];
    return id === undefined ? `no commit at ${position}` : nameOf(id);
  };
  return {
    asked: asked.map((id, position) => {
      const behind: string[] = [];
      parents.forEach(position, (parent) => behind.push(nameAt(parent)));
      return `${nameOf(id)}<${behind.join()}`;
    }),
    candidates: candidates.map(nameAt),
  };
}

describe('a closed walk (trust rules 4.1, 4.2)', () => {
  const commits = { A: ['T'], S: ['T'], M: ['A', 'S'], B: ['M'] };

  it.each<[Mode, readonly string[]]>([
    ['all', ['A<', 'S<', 'M<A,S', 'B<M']],
    ['first-parent', ['A<', 'M<A', 'B<M']],
    ['head', ['A<', 'M<', 'B<']],
  ])('asks in mode %s for %j', (mode, asked) => {
    expect(namesIn(rangeOf(commits, 'B', { mode }))).toEqual({ asked, candidates: ['B', 'M', 'A'] });
  });

  it('takes for a candidate no commit of the chain that does not descend from the trusted revision', () => {
    const sideways = { O: [], X: ['O'], T: ['O'], M: ['X', 'T'], B: ['M'] };
    const ancestors = new Set([oidNamed('T'), oidNamed('O')]);
    expect(namesIn(rangeOf(sideways, 'B', { ancestors }))).toEqual({
      asked: ['X<', 'M<X', 'B<M'],
      candidates: ['B', 'M'],
    });
  });

  it('asks once for a parent that is named twice', () => {
    expect(namesIn(rangeOf({ A: ['T'], B: ['A', 'A'] }, 'B'))).toEqual({
      asked: ['A<', 'B<A,A'],
      candidates: ['B', 'A'],
    });
  });
});

it('keeps the order of what was asked for when a side branch is merged on top (trust rule 4.7: steps go on)', () => {
  const commits = { A: ['T'], R: ['T'], L: ['A', 'R'], B: ['L'], S1: ['A'], S2: ['S1', 'R'], M: ['B', 'S2'], C: ['M'] };
  const before = rangeOf(commits, 'B').asked.map(nameOf);
  const after = rangeOf(commits, 'C').asked.map(nameOf);
  expect(after.slice(0, before.length)).toEqual(before);
  expect(new Set(after)).toEqual(new Set(Object.keys(commits)));
});

it('names the first parent that was not sent (trust rule 1.5)', () => {
  const commits = { A: ['T'], M: ['A', 'X', 'Y'] };
  const { missing } = rangeOf(commits, 'M', { ancestors: new Set([oidNamed('T')]) });
  expect([...missing]).toEqual([[oidNamed('M'), oidNamed('X')]]);
});

it.each<Mode>(['all', 'first-parent', 'head'])('ends in mode %s where the tip is accepted already', (mode) => {
  const ancestors = new Set([oidNamed('T'), oidNamed('O')]);
  expect(walk({ O: [], T: ['O'] }, 'O', { mode, ancestors })).toEqual({ kind: 'not-descendant' });
});

/** No bytes hash to such ids (trust rule 1.1): a source that sent them would not have computed them. */
it.each<Mode>(['all', 'first-parent', 'head'])('does not follow in mode %s a history that runs in a circle', (mode) => {
  expect(() => walk({ A: ['B'], B: ['A'] }, 'A', { mode })).toThrow('A commit is behind itself.');
  expect(() => walk({ A: ['B', 'T'], B: ['C'], C: ['B'] }, 'A', { mode })).toThrow('A commit is behind itself.');
});
