import { expect, test, vi } from 'vitest';
import type { CommitSource } from '../../../shared/git/commit-source.ts';
import type { Oid } from '../../../shared/model/oid.ts';
import { type BranchWorld, createBranchWorld } from '../../support/branch-world.ts';

/** Lets the forge's transport find that these commits collide: it leaves them out and names them. */
function collide(world: BranchWorld, ids: readonly Oid[]): void {
  const source = world.forge.source();
  const fetchCommits: CommitSource['fetchCommits'] = async (request) => {
    const sent = await source.fetchCommits(request);
    if (sent.kind !== 'commits') return sent;
    const collisions = new Set(ids.filter((id) => sent.commits.has(id)));
    return { ...sent, collisions, commits: new Map([...sent.commits].filter(([id]) => !collisions.has(id))) };
  };
  vi.spyOn(world.forge, 'source').mockReturnValue({ ...source, fetchCommits });
}

const cases = (['all', 'first-parent', 'head'] as const).flatMap((mode) =>
  (['enforce', 'report'] as const).map((enforcement) => ({ mode, enforcement })),
);

test.each(
  cases,
)('a signed commit that collides is neither trusted nor observed ($mode, $enforcement)', async (rules) => {
  const world = await createBranchWorld('sha1', () => {});
  await world.apply(rules);
  await world.verify();
  const good = world.commit('alice', [world.anchor]);
  const made = world.commit('alice', [good]);
  const above = world.commit('alice', [made]);
  collide(world, [made]);
  for (const tip of [good, made, above]) {
    world.passTime(1);
    world.forge.branches.set('main', tip);
    await world.verify();
    const { trusted, lock, observedTip } = await world.state();
    expect(trusted?.oid).toBe(good);
    if (tip === good) expect(lock).toBeNull();
    else
      expect({ lock, observedTip }).toMatchObject({
        lock: { reason: 'sha1_collision', commit: made },
        observedTip: null,
      });
  }
});

test('a side that collides is dropped, and the branch goes on without it', async () => {
  const world = await createBranchWorld('sha1', () => {});
  await world.verify();
  const side = world.commit('alice', [world.anchor]);
  const good = world.commit('alice', [world.anchor]);
  collide(world, [side]);
  world.forge.branches.set('main', world.commit('alice', [good, side]));
  await world.verify();
  expect(await world.state()).toMatchObject({
    trusted: { oid: good },
    lock: { reason: 'sha1_collision', commit: side },
  });

  world.passTime(1);
  const next = world.commit('alice', [good]);
  world.forge.branches.set('main', next);
  await world.verify();
  expect(await world.state()).toMatchObject({ trusted: { oid: next }, lock: null });
});
