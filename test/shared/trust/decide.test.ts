import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { Oid } from '../../../shared/model/oid.ts';
import type { Mode } from '../../../shared/model/policy.ts';
import type { CommitReason, Verdict } from '../../../shared/model/verdict.ts';
import { decide } from '../../../shared/trust/decide.ts';
import { reachableFrom, walkHistory } from '../../../shared/trust/walk-history.ts';
import { acceptedVerdictOf, graphOf, nameOf, oidNamed, verdictOf } from '../../support/small-history.ts';

interface Vector {
  readonly name: string;
  readonly rule: string;
  readonly commits: Readonly<Record<string, readonly string[]>>;
  readonly refused?: Readonly<Record<string, CommitReason>>;
  readonly hidden?: readonly string[];
  readonly signers?: Readonly<Record<string, string>>;
  readonly publishers?: readonly string[];
  readonly accepted?: readonly string[];
  readonly tip: string;
  readonly expect: Readonly<Record<Mode, string>>;
}

const vectors: readonly Vector[] = parse(
  readFileSync(join(import.meta.dirname, '../../vectors/decisions.yaml'), 'utf8'),
);

function decideVector(vector: Vector, mode: Mode): string {
  const { commits, refused = {}, hidden = [], signers = {}, publishers = null, accepted = [], tip } = vector;
  const whole = graphOf({ O: [], ...commits });
  const graph = new Map([...whole].filter(([oid]) => !hidden.includes(nameOf(oid))));
  const trusted = oidNamed('T');
  const walk = walkHistory({ mode, trusted, tip: oidNamed(tip), graph, ancestors: reachableFrom(trusted, graph) });
  if (walk.kind === 'not-descendant') return 'rewritten';
  if (walk.kind === 'missing') return `missing ${nameOf(walk.object)}`;
  if (walk.kind === 'open') return 'open';
  const verdicts = new Map(
    walk.range.asked.map((oid) => {
      const name = nameOf(oid);
      return [oid, accepted.includes(name) ? acceptedVerdictOf(oid) : verdictOf(oid, refused[name], signers[name])];
    }),
  );
  const { advance, offence } = decide(walk.range, verdicts, { publishers });
  const held = nameOf(advance?.oid ?? trusted);
  return offence === null
    ? `trusted ${held}`
    : `locked at ${held} on ${offence.commit && nameOf(offence.commit)}: ${offence.reason}`;
}

describe('decide', () => {
  for (const vector of vectors) {
    it.each(
      Object.entries(vector.expect) as [Mode, string][],
    )(`${vector.name} (rule ${vector.rule}), mode %s: %s`, (mode, expected) => {
      expect(decideVector(vector, mode)).toBe(expected);
    });
  }

  it('trusts no commit without a verdict', () => {
    const graph = graphOf({ T: [], A: ['T'] });
    const walk = walkHistory({ mode: 'all', trusted: oidNamed('T'), tip: oidNamed('A'), graph, ancestors: null });
    if (walk.kind !== 'range') throw new Error(walk.kind);
    for (const publishers of [null, ['Bob']]) {
      const decision = decide(walk.range, new Map(), { publishers });
      expect(decision).toMatchObject({ advance: null, offence: { reason: 'missing_object' } });
    }
  });

  it('locks on the first of the commits that fail, ties by id, however the merge lists its parents (trust rule 4.3)', () => {
    for (const sides of [
      ['A', 'B', 'C'],
      ['C', 'B', 'A'],
      ['B', 'A', 'C'],
    ]) {
      const graph = graphOf({ T: [], G: ['T'], A: ['T'], B: ['T'], C: ['A'], M: ['G', ...sides], N: ['M'] });
      const walk = walkHistory({ mode: 'all', trusted: oidNamed('T'), tip: oidNamed('N'), graph, ancestors: null });
      if (walk.kind !== 'range') throw new Error(walk.kind);
      const judge = (oid: Oid) => verdictOf(oid, nameOf(oid) === 'G' ? undefined : 'unsigned');
      const verdicts = new Map(walk.range.asked.map((oid) => [oid, judge(oid)]));
      expect(decide(walk.range, verdicts, { publishers: null }).offence?.commit).toBe(oidNamed('A'));
    }
  });

  it('is made again when the first refusal for time alone may end (trust rule 3.2)', () => {
    const graph = graphOf({ T: [], A: ['T'], B: ['A'], C: ['B'], D: ['C'] });
    const walk = walkHistory({ mode: 'all', trusted: oidNamed('T'), tip: oidNamed('D'), graph, ancestors: null });
    if (walk.kind !== 'range') throw new Error(walk.kind);
    const due = [300, 100, null, 200];
    const verdicts = new Map(
      walk.range.asked.map((oid, n): [Oid, Verdict] => {
        const refused = verdictOf(oid, 'not_yet_valid_key');
        return [oid, refused.outcome === 'refused' ? { ...refused, recheckAt: due[n] ?? null } : refused];
      }),
    );
    expect(decide(walk.range, verdicts, { publishers: null }).recheckAt).toBe(100);
  });

  it('says who signed, who may publish and what to do (trust rule 4.8)', () => {
    const graph = graphOf({ T: [], A: ['T'] });
    const walk = walkHistory({ mode: 'all', trusted: oidNamed('T'), tip: oidNamed('A'), graph, ancestors: null });
    if (walk.kind !== 'range') throw new Error(walk.kind);
    const verdicts = new Map([[oidNamed('A'), verdictOf(oidNamed('A'), undefined, 'Mallory')]]);
    const { offence } = decide(walk.range, verdicts, { publishers: ['Alice', 'B', 'C', 'D', 'E', 'F'] });
    expect(offence?.message).toContain('is signed by Mallory');
    expect(offence?.message).toContain('by a publisher: Alice, B, C, D, E, ….');
    expect(offence?.nextStep).toContain('Have a publisher (Alice, B, C, D, E, …) sign');
  });
});

describe('what an operator vouched for (trust rule 2.7)', () => {
  it.each<[Mode, readonly string[]]>([
    ['all', ['A', 'S']],
    ['first-parent', ['A']],
    ['head', []],
  ])('is told of what the advance rests on alone, in mode %s', (mode, expected) => {
    const graph = graphOf({ T: [], A: ['T'], S: ['T'], B: ['A', 'S'], C: ['B'], D: ['C'] });
    const walk = walkHistory({ mode, trusted: oidNamed('T'), tip: oidNamed('D'), graph, ancestors: null });
    if (walk.kind !== 'range') throw new Error(walk.kind);
    const judge = (name: string) =>
      ['A', 'S', 'D'].includes(name)
        ? acceptedVerdictOf(oidNamed(name))
        : verdictOf(oidNamed(name), name === 'C' ? 'unsigned' : undefined, name === 'B' ? 'Alice' : 'Bob');
    const verdicts = new Map(walk.range.asked.map((oid) => [oid, judge(nameOf(oid))]));
    const { advance, evidence } = decide(walk.range, verdicts, { publishers: ['Alice'] });
    expect(advance?.oid).toBe(oidNamed('B'));
    expect(evidence.accepted.map(({ commit }) => nameOf(commit)).toSorted()).toEqual(expected);
  });
});

describe('walkHistory without the ancestor index', () => {
  const walk = (mode: Mode, commits: Record<string, string[]>, tip: string) =>
    walkHistory({ mode, trusted: oidNamed('T'), tip: oidNamed(tip), graph: graphOf(commits), ancestors: null }).kind;

  it('closes where every path ends at T', () => {
    expect(walk('all', { A: ['T'], B: ['T'], M: ['A', 'B'] }, 'M')).toBe('range');
  });

  it('stays open at a parent that was not sent, and at a root (rule 1.6)', () => {
    expect(walk('all', { A: ['T'], M: ['A', 'S'] }, 'M')).toBe('open');
    expect(walk('all', { A: ['T'], R: [], M: ['A', 'R'] }, 'M')).toBe('open');
    expect(walk('first-parent', { B: ['A'] }, 'B')).toBe('open');
    expect(walk('head', { B: ['A'] }, 'B')).toBe('open');
  });

  it('needs one raw path alone where the mode asks no more', () => {
    expect(walk('head', { A: ['T'], M: ['A', 'S'] }, 'M')).toBe('range');
    expect(walk('first-parent', { A: ['T'], M: ['A', 'S'] }, 'M')).toBe('range');
  });
});
