import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readGraph } from '../../../functions/verify/fetch-range.ts';
import { type Oid, parseOid } from '../../../shared/model/oid.ts';
import type { AcceptedCommit, Mode } from '../../../shared/model/policy.ts';
import type { MergeLimit } from '../../../shared/model/signatory.ts';
import type { Verdict } from '../../../shared/model/verdict.ts';
import { parseSshPublicKey } from '../../../shared/signatures/ssh/parse-public-key.ts';
import { decide } from '../../../shared/trust/decide.ts';
import { createMergeJudge, needsOldCommits } from '../../../shared/trust/judge-merge.ts';
import { judgeRange } from '../../../shared/trust/judge-range.ts';
import { createExceptions } from '../../../shared/trust/policy-exceptions.ts';
import { reachableFrom, walkHistory } from '../../../shared/trust/walk-history.ts';
import { createSshForgingKey } from '../../support/forge-ssh.ts';
import { createMemoryForge } from '../../support/memory-forge.ts';
import { createBranchPolicy } from '../../support/policies.ts';
import { SEED } from '../../support/seed.ts';
import { createSignatory } from '../../support/signatories.ts';
import { verdictOf } from '../../support/small-history.ts';

type Outcomes = Readonly<Record<MergeLimit, string>>;

interface Vector {
  readonly name: string;
  readonly commits: Readonly<Record<string, readonly string[]>>;
  readonly trees?: Readonly<Record<string, string>>;
  readonly forge: readonly string[];
  readonly unsigned?: readonly string[];
  readonly expect: Outcomes;
  readonly 'first-parent'?: Outcomes;
  readonly head?: Outcomes;
}

const vectors: readonly Vector[] = parse(
  readFileSync(join(import.meta.dirname, '../../vectors/merge-limits.yaml'), 'utf8'),
);
const alice = createSshForgingKey();
const forgeKey = createSshForgingKey();

/** Real signed commits, by their names: the last one is the tip. */
function makeHistory({ commits, trees = {}, forge: byForge, unsigned = [] }: Vector) {
  const forge = createMemoryForge();
  const ids = new Map<string, Oid>();
  const idOf = (name: string): Oid => {
    const id = ids.get(name);
    if (id === undefined) throw new Error(`${name} is not made yet.`);
    return id;
  };
  for (const [name, parents] of Object.entries({ O: [], T: ['O'], ...commits })) {
    const key = unsigned.includes(name) ? null : byForge.includes(name) ? forgeKey : alice;
    const tree = parseOid(
      createHash('sha1')
        .update(trees[name] ?? name)
        .digest('hex'),
    );
    ids.set(name, forge.commit(name, { parents: parents.map(idOf), key, tree }));
  }
  const tip = Object.keys(commits).at(-1) ?? 'T';
  return { commits: forge.commits, idOf, tip: idOf(tip), nameOf: new Map([...ids].map(([name, id]) => [id, name])) };
}

function decideVector(vector: Vector, mode: Mode, limit: MergeLimit, vouched: readonly string[] = []) {
  const { commits, idOf, tip, nameOf } = makeHistory(vector);
  const trusted = idOf('T');
  const graph = readGraph(commits);
  const walk = walkHistory({ mode, trusted, tip, graph, ancestors: reachableFrom(trusted, graph) });
  if (walk.kind !== 'range') throw new Error(walk.kind);
  const accepted = vouched.map((name): AcceptedCommit => ({ commit: idOf(name), reason: 'Seen' }));
  const branch = createBranchPolicy({ mode });
  const verdicts = new Map<Oid, Verdict>();
  const judged = judgeRange(walk.range, commits, {
    signatories: [
      createSignatory([parseSshPublicKey(alice.line)]),
      createSignatory([parseSshPublicKey(forgeKey.line)], { name: 'Forge', limit }),
    ],
    compromisedKeys: [],
    branch,
    exceptions: createExceptions({ accepted, denied: [] }, new Map()),
    judgedAt: Date.UTC(2026, 1, 1) / 1000,
    firstSeen: new Map(),
  });
  for (const verdict of judged) verdicts.set(verdict.commit, verdict);
  const { advance, offence } = decide(walk.range, verdicts, branch);
  const held = nameOf.get(advance?.oid ?? trusted);
  if (offence === null) return { outcome: `trusted ${held}`, offence };
  return { outcome: `locked at ${held} on ${nameOf.get(offence.commit ?? trusted)}`, offence };
}

describe.each<Mode>(['all', 'first-parent', 'head'])('signatures that count on merges alone, mode %s', (mode) => {
  for (const vector of vectors) {
    const expected = mode === 'all' ? vector.expect : (vector[mode] ?? vector.expect);
    it.each(Object.entries(expected) as [MergeLimit, string][])(`${vector.name}, %s: %s`, (limit, outcome) => {
      expect(decideVector(vector, mode, limit).outcome).toBe(outcome);
    });
  }
});

describe('a merge that is refused for its limit', () => {
  const free: Vector = {
    name: 'a free tree',
    commits: { A: ['T'], S: ['A'], M: ['A', 'S'] },
    forge: ['M'],
    expect: { merges: '', 'up-to-date-merges': '' },
  };

  it('says whose signature counts on what, and what to do', () => {
    const { offence } = decideVector(free, 'all', 'up-to-date-merges');
    expect(offence).toMatchObject({ reason: 'not_authorized', nextStep: expect.stringContaining('up to date') });
    expect(offence?.message).toContain('is signed by Forge, whose signatures count on merges that bring nothing but');
  });

  it('counts where an operator vouches for it (trust rule 2.7)', () => {
    expect(decideVector(free, 'all', 'up-to-date-merges', ['M']).outcome).toBe('trusted M');
  });
});

describe('an up-to-date merge of what was not sent or cannot be read', () => {
  const [treeOfSide, treeOfTrusted] = [parseOid('1'.repeat(40)), parseOid('2'.repeat(40))];

  /** T, S on top of it, and M, which merges both; `between` lies between T and S. */
  function judgeMerge(between: 'nothing' | 'sent' | 'unsent' | 'unreadable', maxVisited?: number): string {
    const forge = createMemoryForge();
    const trusted = forge.commit('T', { tree: treeOfTrusted });
    const parent = {
      nothing: () => trusted,
      sent: () => forge.commit('Between', { parents: [trusted] }),
      unsent: () => parseOid('e'.repeat(40)),
      unreadable: () => forge.add(`tree 123\nparent ${trusted}\n\nBetween\n`),
    }[between]();
    const side = forge.commit('S', { parents: [parent], tree: treeOfSide });
    const merge = forge.commit('M', { parents: [trusted, side], tree: treeOfSide });
    // Where the source was told what we have, it does not send that again.
    forge.commits.delete(trusted);
    const range = { trusted, ancestors: null, asked: [parent, side, merge] };
    const verdicts = new Map([[side, verdictOf(side, undefined)]]);
    const judge = createMergeJudge(range, forge.commits, verdicts, maxVisited);
    return judge.judge(verdictOf(merge, undefined, 'Forge'), 'up-to-date-merges', 'Forge').outcome;
  }

  it('counts where the side leads to the trusted revision, which was not sent again', () => {
    expect(judgeMerge('nothing')).toBe('verified');
    expect(judgeMerge('sent')).toBe('verified');
  });

  it('does not count where what the side leads to cannot be told (trust rules 1.5, 3.5)', () => {
    expect(judgeMerge('unsent')).toBe('refused');
    expect(judgeMerge('unreadable')).toBe('refused');
  });

  it('does not count where more commits lie between than may be visited (trust rule 4.7)', () => {
    expect(judgeMerge('sent', 2)).toBe('verified');
    expect(judgeMerge('sent', 1)).toBe('refused');
  });
});

describe('an up-to-date merge on an ancestor index, which holds ids alone (trust rules 1.6, 3.5)', () => {
  const shape = fc.record({ parents: fc.array(fc.nat(), { minLength: 1, maxLength: 3 }), tree: fc.nat(2) });
  const histories = fc.record({
    shapes: fc.array(shape, { minLength: 4, maxLength: 12 }),
    trusted: fc.nat(),
    tip: fc.nat(),
  });

  it('counts as with all commits at hand, or says that it needs them', () => {
    let [counted, different] = [0, 0];
    fc.assert(
      fc.property(histories, ({ shapes, trusted: t, tip: n }) => {
        const forge = createMemoryForge();
        const made: Oid[] = [];
        for (const { parents, tree } of shapes) {
          const of = made.length === 0 ? [] : [...new Set(parents.map((parent) => made[parent % made.length] as Oid))];
          made.push(forge.commit(`${made.length}`, { parents: of, tree: parseOid(`${tree}`.repeat(40)) }));
        }
        const [trusted, tip] = [made[t % made.length] as Oid, made[n % made.length] as Oid];
        fc.pre(tip !== trusted);
        const graph = readGraph(forge.commits);
        const ancestors = reachableFrom(trusted, graph);
        const walk = walkHistory({ mode: 'all', trusted, tip, graph, ancestors });
        if (walk.kind !== 'range') return;
        const { range } = walk;
        const sent = new Map([...forge.commits].filter(([id]) => !ancestors.has(id)));
        const verdicts = new Map(range.asked.map((id) => [id, verdictOf(id, undefined, 'Forge')]));
        const judgeWith = (commits: ReadonlyMap<Oid, Uint8Array>) => {
          const judge = createMergeJudge(range, commits, verdicts);
          return [...verdicts.values()].map((verdict) => judge.judge(verdict, 'up-to-date-merges', 'Forge').outcome);
        };
        const whole = judgeWith(forge.commits);
        const isSame = JSON.stringify(judgeWith(sent)) === JSON.stringify(whole);
        if (whole.includes('verified')) counted += 1;
        if (!isSame) different += 1;
        expect(isSame || needsOldCommits(range, readGraph(sent), sent)).toBe(true);
      }),
      { seed: SEED, numRuns: 3000 },
    );
    expect(counted).toBeGreaterThan(100);
    expect(different).toBeGreaterThan(50);
  });
});
