import { describe, expect, it } from 'vitest';
import type { BranchState } from '../../../shared/model/branch-state.ts';
import type { Oid } from '../../../shared/model/oid.ts';
import { restoreBranch } from '../../../shared/trust/restore-state.ts';
import { type BranchWorld, createBranchWorld } from '../../support/branch-world.ts';
import { RandomNumbers } from '../../support/random-numbers.ts';
import { SEED } from '../../support/seed.ts';

const RESTORE = { raise: 1_000_000, actor: 'an operator', now: '2026-06-02T00:00:00.000Z', from: 'a backup' };

/** A branch whose every published sequence is held to name one revision, in whatever order it is published, as an agent that saw all. */
async function createWatchedWorld() {
  const seen = new Map<number, Oid>();
  let highest = 0;
  const watch = (after: BranchState): void => {
    // What agents read: nothing of a branch that is retired (trust rule 5.6).
    if (after.retired || after.trusted === null) return;
    const { sequence, trusted } = after;
    expect(sequence).toBeGreaterThanOrEqual(highest);
    expect(seen.get(sequence) ?? trusted.oid).toBe(trusted.oid);
    seen.set(sequence, trusted.oid);
    highest = sequence;
  };
  const world = await createBranchWorld('sha1', (_, after) => watch(after));
  return { world, seen };
}

async function push(world: BranchWorld, signer: 'alice' | null, parent: Oid): Promise<Oid> {
  const id = world.commit(signer, [parent]);
  world.forge.branches.set('main', id);
  world.passTime(1);
  await world.verify();
  return id;
}

/** Puts a branch of a backup in place of what is there. */
async function restore(world: BranchWorld, backup: BranchState): Promise<void> {
  const current = await world.state();
  const restored = restoreBranch(backup, RESTORE);
  // The store of this world raises versions by itself.
  await world.stores.branches.write({ ...restored, version: current.version });
}

describe('a branch that was restored from a backup (trust rule 5.6)', () => {
  it('publishes nothing before it is decided, then goes on above all that was published', async () => {
    const { world } = await createWatchedWorld();
    const first = await push(world, 'alice', world.anchor);
    const backup = await world.state();
    const second = await push(world, 'alice', first);
    await restore(world, backup);
    await world.verify();
    expect(await world.state()).toMatchObject({ retired: true, trusted: null });

    await world.apply({});
    expect(await world.state()).toMatchObject({ retired: false, trusted: null, resumeAt: first });
    await world.verify();
    const sequence = backup.sequence + RESTORE.raise + 1;
    expect(await world.state()).toMatchObject({
      trusted: { oid: second },
      sequence,
      resumeAt: null,
      operatorAnchored: false,
    });
    const records = await world.stores.history.listRevisions(backup.ref);
    expect(records.at(-1)).toMatchObject({ sequence, revision: second, previous: first });
    // Trust rule 6.1: how those were proven that the backup does not know, nobody knows.
    expect(backup.proof).toMatchObject({ mode: 'all', since: 1, isWhole: true });
    expect((await world.state()).proof).toMatchObject({ mode: 'all', since: sequence, isWhole: true, previous: first });
  });

  it('holds back what the backup knew while the branch is locked, since agents may run something newer', async () => {
    const { world } = await createWatchedWorld();
    const first = await push(world, 'alice', world.anchor);
    const backup = await world.state();
    await push(world, null, first);
    await restore(world, backup);
    await world.apply({});
    await world.verify();
    expect(await world.state()).toMatchObject({ trusted: null, resumeAt: first, lock: { reason: 'unsigned' } });
    const second = await push(world, 'alice', first);
    expect(await world.state()).toMatchObject({ trusted: { oid: second }, resumeAt: null, lock: null });
  });

  it('holds it back, too, where the forge shows another history', async () => {
    const { world } = await createWatchedWorld();
    const first = await push(world, 'alice', world.anchor);
    const backup = await world.state();
    await restore(world, backup);
    await world.apply({});
    await push(world, 'alice', world.anchor);
    expect(await world.state()).toMatchObject({
      trusted: null,
      resumeAt: first,
      lock: { reason: 'history_rewritten' },
    });
    await world.unlock(first);
    expect(await world.state()).toMatchObject({ trusted: { oid: first }, resumeAt: null, operatorAnchored: true });
  });

  it('is flagged where what the backup knew rests on a key that was compromised since (trust rule 3.3)', async () => {
    const { world } = await createWatchedWorld();
    const first = await push(world, 'alice', world.anchor);
    const backup = await world.state();
    await restore(world, backup);
    await world.apply({ compromised: 'alice' });
    await world.verify();
    expect(await world.state()).toMatchObject({
      trusted: null,
      resumeAt: first,
      compromise: { keys: [expect.any(String)] },
    });
    // Nothing is published that could be cleared.
    const step = String((await world.state()).compromise?.nextStep);
    expect(step).toContain('--to COMMIT --compromised');
    expect(step).not.toContain('--clear');
  });

  it('that had published nothing begins above what it may have published since', async () => {
    const { world } = await createWatchedWorld();
    const backup = await world.state();
    const first = await push(world, 'alice', world.anchor);
    await restore(world, backup);
    await world.apply({});
    await world.verify();
    const sequence = RESTORE.raise + 1;
    expect(await world.state()).toMatchObject({ trusted: { oid: first }, sequence, anchorSequence: sequence });
  });

  it('never shows an agent a sequence again with another revision, whatever happens in which order', async () => {
    const random = new RandomNumbers(SEED);
    const below = (bound: number) => random.below(bound);
    for (let story = 0; story < 12; story += 1) {
      const { world } = await createWatchedWorld();
      const backups = [await world.state()];
      for (let step = 0; step < 25; step += 1) {
        const parent = world.made[below(world.made.length)] ?? world.anchor;
        const tip = world.forge.branches.get('main') ?? parent;
        const what = below(8);
        if (what < 3) await push(world, 'alice', tip);
        else if (what === 3) await push(world, null, tip);
        else if (what === 4) await push(world, 'alice', parent);
        else if (what === 5) backups.push(await world.state());
        else if (what === 6) await world.unlock(below(2) === 0 ? parent : null);
        else {
          // Any backup, also one from before an earlier restore: the raise is as large as the writes since allow.
          const backup = backups[below(backups.length)];
          const { sequence } = await world.state();
          if (backup === undefined) continue;
          await world.stores.branches.write({
            ...restoreBranch(backup, { ...RESTORE, raise: sequence - backup.sequence + 1_000 }),
            version: (await world.state()).version,
          });
          await world.verify();
          await world.apply({});
          await world.verify();
        }
      }
    }
  });
});
