import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Oid } from '../../../shared/model/oid.ts';
import { type BranchWorld, createBranchWorld, type Signer } from '../../support/branch-world.ts';
import { type CallHook, cutOffAt } from '../../support/cut-off.ts';
import { reachableCommits } from '../../support/memory-forge.ts';
import { SEED } from '../../support/seed.ts';

const createWorld = () => createBranchWorld('sha1', () => {});

function push(world: BranchWorld, signer: Signer, ...parents: readonly Oid[]): Oid {
  const id = world.commit(signer, parents);
  world.forge.branches.set('main', id);
  return id;
}

/** Two published commits on the anchor: a side that is forked from the anchor leaves the walk open. */
async function createPublished(): Promise<{ world: BranchWorld; tip: Oid }> {
  const world = await createWorld();
  const first = push(world, 'alice', world.anchor);
  await world.verify();
  const tip = push(world, 'alice', first);
  await world.verify();
  return { world, tip };
}

function mergeSide(world: BranchWorld, tip: Oid, signer: Signer = 'alice'): Oid {
  return push(world, 'alice', tip, world.commit(signer, [world.anchor]));
}

/** Of one run, the calls that are of interest here. */
async function watch(world: BranchWorld): Promise<{ fetches: number; index: readonly string[] }> {
  const calls: string[] = [];
  const { ancestors } = world.stores;
  const before: CallHook['before'] = async (call) => void calls.push(call);
  const spied = { ...ancestors };
  const index: string[] = [];
  for (const name of ['read', 'write', 'extend'] as const) {
    Object.assign(ancestors, {
      [name]: (...args: never[]) => {
        index.push(name);
        return (spied[name] as (...args: never[]) => unknown)(...args);
      },
    });
  }
  await world.verify({ before, after: async () => {} });
  Object.assign(ancestors, spied);
  return { fetches: calls.filter((call) => call === 'fetchCommits').length, index };
}

function checkIndexes({ stores, forge }: BranchWorld): void {
  for (const { revision, sequence, ids } of stores.indexes) {
    expect(stores.revisions.get(sequence)?.revision).toBe(revision);
    expect(ids).toEqual(reachableCommits(revision, forge.commits));
  }
}

describe('the ancestor index of a branch (trust rule 1.6)', () => {
  it('is stored when a boundary first appears, and grows with each advance from then on', async () => {
    const { world, tip } = await createPublished();
    expect(world.stores.indexes).toEqual([]);
    let merge = mergeSide(world, tip);
    // What is new, then the whole history.
    expect(await watch(world)).toEqual({ fetches: 2, index: ['read', 'write'] });
    expect(world.stores.indexes).toMatchObject([{ revision: merge, sequence: 3 }]);

    const next = push(world, 'alice', merge);
    expect(await watch(world)).toEqual({ fetches: 1, index: ['extend'] });
    merge = mergeSide(world, next);
    expect(await watch(world)).toEqual({ fetches: 1, index: ['read', 'extend'] });
    expect(await world.state()).toMatchObject({ sequence: 5, trusted: { oid: merge }, lock: null });
    expect(world.stores.indexes.map(({ sequence }) => sequence)).toEqual([3, 4, 5]);
    checkIndexes(world);
  });

  it('holds what is behind the published revision, and nothing of the tip beyond it', async () => {
    const { world, tip } = await createPublished();
    const merge = mergeSide(world, tip);
    const bad = push(world, null, merge);
    await world.verify();
    expect(await world.state()).toMatchObject({ trusted: { oid: merge }, lock: { commit: bad } });
    const good = push(world, 'alice', merge);
    push(world, null, good);
    await world.verify();
    expect(world.stores.indexes).toMatchObject([
      { revision: merge, sequence: 3 },
      { revision: good, sequence: 4 },
    ]);
    checkIndexes(world);
  });

  it('is stored where the branch locks at once, so that the next run need not make it again', async () => {
    const { world, tip } = await createPublished();
    mergeSide(world, tip, null);
    await world.verify();
    expect(await world.state()).toMatchObject({ trusted: { oid: tip }, lock: { reason: 'unsigned' } });
    expect(world.stores.indexes).toMatchObject([{ revision: tip, sequence: 2 }]);
    checkIndexes(world);
    mergeSide(world, tip);
    expect(await watch(world)).toEqual({ fetches: 1, index: ['read', 'extend'] });
    checkIndexes(world);
  });

  it.each(['first-parent', 'head'] as const)('does not grow in mode %s, which walks less', async (mode) => {
    const { world, tip } = await createPublished();
    const merge = mergeSide(world, tip);
    await world.verify();
    await world.apply({ mode });
    const advanced = mergeSide(world, merge, null);
    expect((await watch(world)).index).toEqual([]);
    expect(await world.state()).toMatchObject({ sequence: 4, trusted: { oid: advanced }, lock: null });
    await world.apply({ mode: 'all' });
    mergeSide(world, advanced);
    expect(await watch(world)).toEqual({ fetches: 2, index: ['read', 'write'] });
    expect(world.stores.indexes).toMatchObject([{ sequence: 5 }]);
    checkIndexes(world);
  });

  it.each([
    'clears',
    're-anchors',
  ])('is made again where an operator %s: the sequence is another (rule 5.3)', async (act) => {
    const { world, tip } = await createPublished();
    const merge = mergeSide(world, tip);
    await world.verify();
    push(world, null, merge);
    await world.verify();
    await world.unlock(act === 'clears' ? null : tip);
    const state = await world.state();
    expect(state).toMatchObject({ sequence: 4, trusted: { oid: act === 'clears' ? merge : tip } });
    const after = mergeSide(world, merge);
    expect(await watch(world)).toEqual({ fetches: 2, index: ['read', 'write'] });
    expect(await world.state()).toMatchObject({ sequence: 5, trusted: { oid: after }, lock: null });
    expect(world.stores.indexes).toMatchObject([{ revision: after, sequence: 5 }]);
    checkIndexes(world);
  });

  it('is extended only by the run that recorded the advance (rule 5.1)', async () => {
    const { world, tip } = await createPublished();
    const merge = mergeSide(world, tip);
    await world.verify();
    push(world, 'alice', merge);
    const { branches } = world.stores;
    const { write } = branches;
    // Somebody else is first, with another commit.
    const other = world.commit('alice', [merge]);
    Object.assign(branches, {
      write: async (state: Parameters<typeof write>[0]) => {
        Object.assign(branches, { write });
        const mine = world.forge.branches.get('main');
        world.forge.branches.set('main', other);
        await world.verify();
        if (mine !== undefined) world.forge.branches.set('main', world.commit('alice', [other, mine]));
        return write(state);
      },
    });
    await world.verify();
    const state = await world.state();
    expect(state).toMatchObject({ sequence: 5, lock: null });
    expect(world.stores.indexes).toMatchObject([
      { revision: merge, sequence: 3 },
      { revision: other, sequence: 4 },
      { revision: state.trusted?.oid, sequence: 5 },
    ]);
    checkIndexes(world);
  });

  it('costs no more than itself wherever a run is cut off', async () => {
    for (const when of ['before', 'after'] as const) {
      for (let call = 1, ended = false; !ended; call += 1) {
        const { world, tip } = await createPublished();
        const tips: Oid[] = [];
        const cut = async () => {
          const hook = cutOffAt(call, when);
          let calls = 0;
          await world.verify({
            before: (name) => {
              calls += 1;
              return hook.before(name);
            },
            after: hook.after,
          });
          ended = calls < call;
          await world.verify();
        };
        tips.push(mergeSide(world, tip));
        await cut();
        tips.push(push(world, 'alice', tips[0] as Oid));
        await cut();
        tips.push(mergeSide(world, tips[1] as Oid));
        await cut();
        expect(await world.state()).toMatchObject({ sequence: 5, trusted: { oid: tips[2] }, lock: null, due: [] });
        expect([...world.stores.revisions.values()].slice(2).map(({ revision }) => revision)).toEqual(tips);
        checkIndexes(world);
      }
    }
  });
});

describe('whatever is pushed', () => {
  interface Push {
    readonly signer: Signer;
    readonly parents: readonly number[];
    readonly isForced: boolean;
    readonly act: 'none' | 'clear' | 'reanchor';
  }
  const many = <Value>(value: Value, times: number): Value[] => Array.from({ length: times }, () => value);
  const pushes: fc.Arbitrary<readonly Push[]> = fc.array(
    fc.record({
      signer: fc.constantFrom(...many<Signer>('alice', 9), null),
      parents: fc.array(fc.nat(), { maxLength: 2 }),
      isForced: fc.constantFrom(...many(false, 9), true),
      act: fc.constantFrom(...many('none' as const, 9), 'clear' as const, 'reanchor' as const),
    } satisfies { [Key in keyof Push]: fc.Arbitrary<Push[Key]> }),
    { minLength: 6, maxLength: 16 },
  );

  it('the index is what the raw commits say, and the decision is that of a branch that has none (rule 1.6)', async () => {
    let reused = 0;
    await fc.assert(
      fc.asyncProperty(pushes, async (steps) => {
        const worlds = [await createWorld(), await createWorld()] as const;
        const [indexed, bare] = worlds;
        for (const { signer, parents, isForced, act } of steps) {
          for (const world of worlds) {
            const { made, forge, anchor } = world;
            const sides = parents.map((n) => {
              const fork = made[n % made.length] ?? anchor;
              return n % 3 === 0 ? fork : world.commit('alice', [fork]);
            });
            push(world, signer, ...new Set([...(isForced ? [] : [forge.branches.get('main') ?? anchor]), ...sides]));
            // Later than what may lag behind (rule 4.4).
            world.passTime(10);
            if (act !== 'none')
              await world.unlock(act === 'clear' ? null : (made[(parents[0] ?? 0) % made.length] ?? anchor));
          }
          const { index } = await watch(indexed);
          if (index.includes('read') && !index.includes('write')) reused += 1;
          bare.stores.indexes.length = 0;
          await bare.verify();
          checkIndexes(indexed);
          expect(await indexed.state()).toEqual(await bare.state());
        }
      }),
      { seed: SEED, numRuns: 60 },
    );
    expect(reused).toBeGreaterThan(60);
  });
});
