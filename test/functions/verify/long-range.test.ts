import { describe, expect, it } from 'vitest';
import { publishedStateOf } from '../../../shared/model/branch-state.ts';
import type { Oid } from '../../../shared/model/oid.ts';
import { type BranchWorld, createBranchWorld, type Signer } from '../../support/branch-world.ts';
import { CutOff } from '../../support/cut-off.ts';

const STEP = 3;

/** A branch of which nothing is decided yet, with these commits on its anchor. */
async function createLongBranch(...signers: readonly Signer[]): Promise<{ world: BranchWorld; commits: Oid[] }> {
  const world = await createBranchWorld('sha1', () => {}, STEP);
  const commits: Oid[] = [];
  for (const signer of signers) commits.push(push(world, signer, commits.at(-1) ?? world.anchor));
  return { world, commits };
}

function push(world: BranchWorld, signer: Signer, parent: Oid): Oid {
  const id = world.commit(signer, [parent]);
  world.forge.branches.set('main', id);
  return id;
}

const many = (count: number): readonly Signer[] => Array.from({ length: count }, () => 'alice' as const);

/** Follows the hints to the end. @returns how many runs it took. */
async function work(world: BranchWorld): Promise<number> {
  for (let runs = 1; ; runs += 1) {
    world.stores.hints.length = 0;
    await world.verify();
    if (world.stores.hints.length === 0) return runs;
  }
}

describe('a range that is too long for one run (trust rule 4.7)', () => {
  it('is worked in steps that record first seen and verdicts and publish nothing before the last', async () => {
    const { world, commits } = await createLongBranch(...many(8));
    for (const judged of [3, 6]) {
      world.passTime(1);
      await world.verify();
      const state = await world.state();
      expect(publishedStateOf(state)).toBe('Pending');
      expect(state).toMatchObject({
        sequence: 0,
        trusted: null,
        tip: null,
        lock: null,
        progress: { judged, total: 8 },
      });
      expect([...world.stores.judged.keys()]).toEqual(commits.slice(0, judged));
      expect(world.stores.sightings.map(({ commits: ids }) => ids.length)).toEqual([8]);
      expect(world.stores.hints.at(-1)).toMatchObject({ delivery: `step:${state.version}` });
    }
    world.passTime(1);
    await world.verify();
    expect(await world.state()).toMatchObject({ sequence: 1, trusted: { oid: commits.at(-1) }, progress: null });
    expect(world.stores.judged.size).toBe(8);
    expect(world.stores.hints).toHaveLength(2);
    const [first] = world.stores.sightings;
    for (const verdict of world.stores.judged.values()) {
      expect(verdict.firstSeen).toBe(Date.parse(first?.at ?? '') / 1000);
    }
  });

  it('locks where a commit of it fails, in whatever step', async () => {
    const { world, commits } = await createLongBranch(...many(4), null, ...many(5));
    expect(await work(world)).toBe(4);
    expect(await world.state()).toMatchObject({
      ...{ sequence: 1, trusted: { oid: commits[3] }, progress: null },
      lock: { commit: commits[4], reason: 'unsigned' },
    });
  });

  it('takes one run where it is as long as a step', async () => {
    const { world, commits } = await createLongBranch(...many(STEP));
    expect(await work(world)).toBe(1);
    expect(await world.state()).toMatchObject({ trusted: { oid: commits.at(-1) } });
  });

  it('goes on where the branch grew meanwhile, and starts again where it was rewritten', async () => {
    const { world, commits } = await createLongBranch(...many(8));
    await world.verify();
    push(world, 'alice', commits[7] as Oid);
    await world.verify();
    expect(await world.state()).toMatchObject({ progress: { judged: 6, total: 9 } });
    const other = push(world, 'alice', world.anchor);
    let tip = other;
    for (const signer of many(6)) tip = push(world, signer, tip);
    await world.verify();
    expect(await world.state()).toMatchObject({ trusted: null, progress: { judged: 3, total: 7 } });
    await work(world);
    expect(await world.state()).toMatchObject({ sequence: 1, trusted: { oid: tip }, progress: null });
  });

  it('starts again where other commits were put in place of those that are recorded', async () => {
    const { world } = await createLongBranch();
    const side = (signer: Signer) => world.commit(signer, [world.commit('alice', [world.anchor])]);
    const last = world.commit('alice', [world.anchor]);
    const tip = push(world, 'alice', last);
    const merge = (sides: readonly Oid[]) => world.forge.branches.set('main', world.commit('alice', [tip, ...sides]));
    const [one, two] = [side('alice'), side('alice')];
    merge([one]);
    await world.verify();
    expect(await world.state()).toMatchObject({ progress: { judged: 3 } });
    merge([two]);
    await work(world);
    const state = await world.state();
    expect(state).toMatchObject({ lock: null, progress: null });
    expect(world.stores.judged.has(two)).toBe(true);
    for (const parent of world.parents.get(two) ?? []) expect(world.stores.judged.has(parent)).toBe(true);
  });

  it('locks where its signatures take longer than one run has', async () => {
    const { world, commits } = await createLongBranch(...many(4));
    const before = async (call: string) => {
      if (call === 'read') world.passTime(2);
    };
    await world.verify({ before, after: async () => {} });
    const tip = commits.at(-1);
    expect(await world.state()).toMatchObject({
      ...{ trusted: null, progress: null },
      lock: { reason: 'limit_exceeded', commit: tip, message: expect.stringContaining('of 4 new commits') },
    });
  });

  it('is judged from its first commit on under another policy', async () => {
    const { world, commits } = await createLongBranch('alice', 'bob', ...many(6));
    await world.apply({ bob: true });
    await world.verify();
    await world.verify();
    await world.apply({ bob: false });
    await world.verify();
    expect(await world.state()).toMatchObject({ trusted: null, progress: { judged: 3 } });
    await work(world);
    expect(await world.state()).toMatchObject({ trusted: { oid: commits[0] }, lock: { commit: commits[1] } });
  });

  it('keeps its place while the forge is down', async () => {
    const { world, commits } = await createLongBranch(...many(8));
    await world.verify();
    world.forge.fault = 'timeout';
    await world.verify();
    expect(await world.state()).toMatchObject({ unreachable: { cause: 'timeout' }, progress: { judged: 3 } });
    world.forge.fault = null;
    await world.verify();
    expect(await world.state()).toMatchObject({ unreachable: null, progress: { judged: 6 } });
    await work(world);
    expect(await world.state()).toMatchObject({ trusted: { oid: commits.at(-1) } });
  });

  it('is finished by the sweep wherever a run is cut off', async () => {
    for (let calls = 0, ended = false; !ended; calls += 1) {
      const { world, commits } = await createLongBranch(...many(8));
      let left = calls;
      ended = true;
      const before = async () => {
        if (left === 0) ended = false;
        left -= 1;
        if (left === -1) throw new CutOff();
      };
      for (let run = 0; run < 5; run += 1) await world.verify({ before, after: async () => {} });
      expect(await world.state()).toMatchObject({ sequence: 1, trusted: { oid: commits.at(-1) }, due: [] });
      expect(world.stores.judged.size).toBe(8);
    }
  });
});
