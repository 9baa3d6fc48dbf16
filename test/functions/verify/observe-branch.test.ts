import { expect, it } from 'vitest';
import { createBranchWorld } from '../../support/branch-world.ts';

it('takes no fault of the forge for a rewrite while it looks whether the tip only lags behind (rule 4.4)', async () => {
  const world = await createBranchWorld('sha1', () => {});
  const { branches, source } = world.forge;
  const between = world.commit('alice', [world.anchor]);
  const tip = world.commit('alice', [between]);
  branches.set('main', tip);
  await world.verify();
  branches.set('main', between);
  const faulty: typeof source = () => {
    const real = source();
    const fetchCommits: typeof real.fetchCommits = (request) => {
      world.forge.fault = request.want === tip ? 'timeout' : null;
      return real.fetchCommits(request);
    };
    return { ...real, fetchCommits };
  };
  Object.assign(world.forge, { source: faulty });
  await world.verify();
  expect(await world.state()).toMatchObject({ trusted: { oid: tip }, lock: null, unreachable: { cause: 'timeout' } });
  Object.assign(world.forge, { source, fault: null });
  await world.verify();
  expect(await world.state()).toMatchObject({ lock: null, unreachable: null, lagging: { revision: between } });
});

it('asks again where a server said that there is no path: one that was wrong once holds no branch for ever (rule 4.4)', async () => {
  const world = await createBranchWorld('sha1', () => {});
  const { branches, source } = world.forge;
  const published = world.commit('alice', [world.anchor]);
  branches.set('main', published);
  await world.verify();
  const tip = world.commit('alice', [published]);
  branches.set('main', tip);
  const wrong: typeof source = () => ({
    ...source(),
    fetchCommits: async () => ({ kind: 'no-common-path', haveKnown: false }),
  });
  Object.assign(world.forge, { source: wrong });
  await world.verify();
  const rewritten = await world.state();
  expect(rewritten).toMatchObject({ trusted: { oid: published }, lock: { reason: 'history_rewritten' } });
  await world.verify();
  expect(await world.state()).toEqual(rewritten);
  Object.assign(world.forge, { source });
  await world.verify();
  expect(await world.state()).toMatchObject({ trusted: { oid: tip }, lock: null });
});
