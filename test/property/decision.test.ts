import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CommitNode } from '../../shared/model/commit.ts';
import type { Oid } from '../../shared/model/oid.ts';
import type { Mode } from '../../shared/model/policy.ts';
import { decide } from '../../shared/trust/decide.ts';
import { type CommitGraph, type CommitRange, reachableFrom, walkHistory } from '../../shared/trust/walk-history.ts';
import { SEED } from '../support/seed.ts';
import { oidNamed, verdictOf } from '../support/small-history.ts';

interface History {
  readonly graph: CommitGraph;
  readonly trusted: Oid;
  readonly tip: Oid;
  readonly bad: ReadonlySet<Oid>;
  /** Those that Alice signed; Bob signed the others. */
  readonly alices: ReadonlySet<Oid>;
  readonly publishers: readonly string[] | null;
}

/** Random histories: each commit takes parents among the earlier ones, so some are roots, merges, octopuses and foxtrots. */
const history: fc.Arbitrary<History> = fc
  .record({
    shapes: fc.array(
      fc.record({
        parents: fc.array(fc.nat(), { maxLength: 3 }),
        bad: fc.boolean(),
        alice: fc.boolean(),
        key: fc.nat(),
      }),
      {
        minLength: 2,
        maxLength: 14,
      },
    ),
    trusted: fc.nat(),
    tip: fc.nat(),
    goodOnly: fc.boolean(),
    publishers: fc.constantFrom(null, ['Alice'], ['Alice', 'Bob'], ['Carol']),
  })
  .map(({ shapes, trusted, tip, goodOnly, publishers }) => {
    const ids = shapes.map(({ key }, n) => oidNamed(`${String.fromCharCode(97 + (key % 26))}${n}`));
    const at = (n: number) => ids[n % ids.length] ?? oidNamed('x');
    const graph = new Map<Oid, CommitNode>();
    shapes.forEach(({ parents }, n) => {
      graph.set(at(n), { oid: at(n), parents: n === 0 ? [] : [...new Set(parents.map((parent) => at(parent % n)))] });
    });
    const bad = new Set(ids.filter((_, n) => !goodOnly && shapes[n]?.bad === true && n % 3 === 0));
    const alices = new Set(ids.filter((_, n) => shapes[n]?.alice === true));
    return { graph, trusted: at(trusted), tip: at(tip), bad, alices, publishers };
  });

/** Trust rules 4.1, 4.2, 4.5 and 4.8 as they read, without any care for speed. */
function referenceAdvance(given: History, mode: Mode): Oid | null | 'rewritten' {
  const { graph, trusted, tip, bad, alices, publishers } = given;
  const behind = reachableFrom(trusted, graph);
  const parents = (id: Oid) => graph.get(id)?.parents ?? [];
  const chain: Oid[] = [];
  for (let id: Oid | undefined = tip; id !== undefined; id = parents(id)[0]) chain.push(id);
  if (tip === trusted || !reachableFrom(tip, graph).has(trusted)) return 'rewritten';
  if (mode === 'first-parent' && !chain.includes(trusted)) return 'rewritten';
  const asked = (candidate: Oid): Oid[] => {
    if (mode === 'head') return [candidate];
    if (mode === 'first-parent') return chain.slice(chain.indexOf(candidate), chain.indexOf(trusted));
    return [...reachableFrom(candidate, graph)].filter((id) => !behind.has(id));
  };
  const isRoot = (id: Oid) => mode === 'all' && parents(id).length === 0;
  const candidates = chain.filter((id) => id !== trusted && reachableFrom(id, graph).has(trusted));
  const isVerified = (candidate: Oid) => asked(candidate).every((id) => !bad.has(id) && !isRoot(id));
  const mayPublish = (id: Oid) => publishers === null || publishers.includes(alices.has(id) ? 'Alice' : 'Bob');
  return candidates.find((candidate) => isVerified(candidate) && mayPublish(candidate)) ?? null;
}

function decideHistory({ graph, trusted, tip, bad, alices, publishers }: History, mode: Mode) {
  const walk = walkHistory({ mode, trusted, tip, graph, ancestors: reachableFrom(trusted, graph) });
  if (walk.kind !== 'range') return walk.kind;
  const judge = (id: Oid) => verdictOf(id, bad.has(id) ? 'unsigned' : undefined, alices.has(id) ? 'Alice' : 'Bob');
  const verdicts = new Map(walk.range.asked.map((id) => [id, judge(id)]));
  return decide(walk.range, verdicts, { publishers });
}

describe.each(['all', 'first-parent', 'head'] as const)('deciding random histories in mode %s', (mode) => {
  it('advances exactly as far as the rules say, and locks exactly where it stops short', () => {
    fc.assert(
      fc.property(history, (given) => {
        fc.pre(given.tip !== given.trusted);
        const decided = decideHistory(given, mode);
        const expected = referenceAdvance(given, mode);
        if (typeof decided === 'string') {
          expect([decided, expected]).toEqual(['not-descendant', 'rewritten']);
          return;
        }
        expect(decided.advance?.oid ?? null).toBe(expected);
        expect(decided.offence === null).toBe(expected === given.tip);
      }),
      { seed: SEED, numRuns: 3000 },
    );
  });

  it('names an offending commit that the mode asks for, with no other offence behind it', () => {
    fc.assert(
      fc.property(history, (given) => {
        fc.pre(given.tip !== given.trusted);
        const decided = decideHistory(given, mode);
        if (typeof decided === 'string' || decided.offence === null) return;
        const { commit, reason } = decided.offence;
        if (commit === null) throw new Error('An offence of a range names a commit.');
        if (reason === 'not_authorized') {
          // Trust rule 4.8: told only where the tip would be published but for who signed it.
          expect(commit).toBe(given.tip);
          expect(referenceAdvance({ ...given, publishers: null }, mode)).toBe(given.tip);
          return;
        }
        const isRoot = given.graph.get(commit)?.parents.length === 0;
        expect(reason).toBe(isRoot && mode === 'all' ? 'unrelated_history' : 'unsigned');
        if (reason === 'unsigned') expect(given.bad.has(commit)).toBe(true);
        expect(reachableFrom(given.tip, given.graph).has(commit)).toBe(true);
        if (mode !== 'all') return;
        const accepted = reachableFrom(given.trusted, given.graph);
        const behind = [...reachableFrom(commit, given.graph)].filter((id) => id !== commit && !accepted.has(id));
        expect(behind.some((id) => given.bad.has(id) || given.graph.get(id)?.parents.length === 0)).toBe(false);
      }),
      { seed: SEED, numRuns: 2000 },
    );
  });
});

describe('walking without the ancestor index', () => {
  it('either stays open or finds what the index finds', () => {
    fc.assert(
      fc.property(history, fc.constantFrom<Mode>('all', 'first-parent', 'head'), ({ graph, trusted, tip }, mode) => {
        fc.pre(tip !== trusted);
        // What an honest server sends: nothing that is reachable from what we have.
        const behind = reachableFrom(trusted, graph);
        const sent = new Map([...graph].filter(([id]) => !behind.has(id) && reachableFrom(tip, graph).has(id)));
        const walk = walkHistory({ mode, trusted, tip, graph: sent, ancestors: null });
        const closed = walkHistory({ mode, trusted, tip, graph, ancestors: behind });
        if (walk.kind === 'range' && closed.kind === 'range') {
          const candidatesOf = ({ asked, candidates }: CommitRange) => candidates.map((position) => asked[position]);
          expect(candidatesOf(walk.range)).toEqual(candidatesOf(closed.range));
          expect(new Set(walk.range.asked)).toEqual(new Set(closed.range.asked));
        } else if (walk.kind === 'range' || walk.kind === 'not-descendant') expect(walk.kind).toBe(closed.kind);
      }),
      { seed: SEED, numRuns: 3000 },
    );
  });
});
