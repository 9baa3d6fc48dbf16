import { describe, expect, it } from 'vitest';
import { type BranchState, publishedStateOf } from '../../../shared/model/branch-state.ts';
import type { Oid } from '../../../shared/model/oid.ts';
import { type BranchWorld, createBranchWorld, fingerprintOf } from '../../support/branch-world.ts';
import { CutOff } from '../../support/cut-off.ts';

/** A branch with a commit of Alice's and one of Bob's published on it, one push each. */
async function publish(): Promise<{ world: BranchWorld; byAlice: Oid; byBob: Oid }> {
  const world = await createBranchWorld('sha1', () => {});
  await world.apply({ bob: true });
  await world.verify();
  const byAlice = await push(world, 'alice', world.anchor);
  const byBob = await push(world, 'bob', byAlice);
  expect(await world.state()).toMatchObject({ sequence: 3, trusted: { oid: byBob }, lock: null });
  return { world, byAlice, byBob };
}

async function push(world: BranchWorld, signer: 'alice' | 'bob' | null, parent: Oid): Promise<Oid> {
  world.passTime(1);
  const id = world.commit(signer, [parent]);
  world.forge.branches.set('main', id);
  await world.verify();
  return id;
}

const eventsOf = ({ stores }: BranchWorld) => [...stores.published.values()].map(({ event }) => event);
const stateOf = async (world: BranchWorld): Promise<[string, BranchState]> => {
  const state = await world.state();
  return [publishedStateOf(state), state];
};

describe('a branch whose published revision rests on a compromised key (trust rule 3.3)', () => {
  it('is flagged and alerted at once, stays published, and advances no more until an operator clears it', async () => {
    const { world, byBob } = await publish();
    await world.apply({ compromised: 'bob' });
    await world.verify();
    const keys = [fingerprintOf('bob')];
    expect(await stateOf(world)).toMatchObject([
      'Compromised',
      { sequence: 3, trusted: { oid: byBob }, compromise: { keys } },
    ]);
    expect(eventsOf(world).filter((event) => event === 'compromised')).toHaveLength(1);

    const next = await push(world, 'alice', byBob);
    expect(await stateOf(world)).toMatchObject([
      'Compromised',
      { sequence: 3, trusted: { oid: byBob }, tip: { revision: next }, lock: null },
    ]);

    await world.unlock(null);
    expect(await stateOf(world)).toMatchObject([
      'Trusted',
      { sequence: 4, trusted: { oid: byBob }, anchor: byBob, operatorAnchored: true, anchorSequence: 4 },
    ]);
    await world.verify();
    expect(await stateOf(world)).toMatchObject(['Trusted', { sequence: 5, trusted: { oid: next } }]);
    await world.apply({ mode: 'first-parent' });
    await world.verify();
    expect(await stateOf(world)).toMatchObject(['Trusted', { sequence: 5 }]);
    expect(eventsOf(world).filter((event) => event === 'compromised')).toHaveLength(1);
  });

  it('is flagged while the forge is down', async () => {
    const { world } = await publish();
    await world.apply({ compromised: 'alice' });
    world.forge.fault = 'connection';
    await world.verify();
    expect(await stateOf(world)).toMatchObject(['Compromised', { unreachable: { cause: 'connection' } }]);
    expect(eventsOf(world)).toContain('compromised');
  });

  it('refuses new commits of that key, and of that key alone', async () => {
    const { world, byAlice } = await publish();
    await world.unlock(byAlice);
    await world.apply({ compromised: 'bob' });
    await world.verify();
    expect(await stateOf(world)).toMatchObject([
      'Locked',
      { trusted: { oid: byAlice }, lock: { reason: 'revoked_key' }, compromise: null },
    ]);
    const next = await push(world, 'alice', byAlice);
    expect(await stateOf(world)).toMatchObject(['Trusted', { trusted: { oid: next } }]);
  });

  it('keeps a dry run going, and moves nothing that is trusted', async () => {
    const { world, byBob } = await publish();
    await world.apply({ compromised: 'bob', enforcement: 'report' });
    await world.verify();
    const next = await push(world, 'alice', byBob);
    expect(await stateOf(world)).toMatchObject([
      'Compromised',
      { trusted: { oid: byBob }, observedTip: { revision: next, enforced: false } },
    ]);
  });

  it('is alerted wherever a run is cut off', async () => {
    for (let calls = 0, ended = false; !ended; calls += 1) {
      const { world } = await publish();
      await world.apply({ compromised: 'bob' });
      let left = calls;
      ended = true;
      await world.verify({
        before: async () => {
          if (left === 0) ended = false;
          left -= 1;
          if (left === -1) throw new CutOff();
        },
        after: async () => {},
      });
      await world.verify();
      expect(await stateOf(world)).toMatchObject(['Compromised', { due: [] }]);
      expect(eventsOf(world).filter((event) => event === 'compromised')).toHaveLength(1);
    }
  });

  it('is decided anew where another verifier writes first', async () => {
    const { world } = await publish();
    await world.apply({ compromised: 'bob' });
    let isRaced = false;
    await world.verify({
      before: async (name) => {
        if (isRaced || name !== 'listRevisions') return;
        isRaced = true;
        await world.apply({ keyTime: 'ignore' });
      },
      after: async () => {},
    });
    expect(isRaced).toBe(true);
    expect(await stateOf(world)).toMatchObject(['Compromised', { due: [] }]);
    expect(eventsOf(world).filter((event) => event === 'compromised')).toHaveLength(1);
  });
});
