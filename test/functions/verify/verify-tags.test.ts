import { describe, expect, it } from 'vitest';
import { parseOid } from '../../../shared/model/oid.ts';
import { allTagsOf } from '../../../shared/model/tag-ref.ts';
import { parseSshPublicKey } from '../../../shared/signatures/ssh/parse-public-key.ts';
import { useEmbeddedServices } from '../../support/embedded-services.ts';
import { createSshForgingKey } from '../../support/forge-ssh.ts';
import { createSignatory } from '../../support/signatories.ts';
import { createTagWorld } from '../../support/tag-world.ts';

useEmbeddedServices();

const of = (name: string, key: { readonly line: string }) => createSignatory([parseSshPublicKey(key.line)], { name });

describe.each(['sha1', 'sha256'] as const)('tags of a %s repository (trust rule 4.9)', (format) => {
  it('are published each by itself, and are final', async () => {
    const world = createTagWorld({ format });
    await world.apply();
    const commit = world.commit();
    const [one] = [world.tag('v1', commit), world.tag('v2', commit, null), world.tags.set('v3', commit)];
    world.tag('nightly', commit);
    await world.run();
    expect(await world.outcomes()).toEqual({ v1: 'published', v2: 'nothing, unsigned', v3: 'nothing, unsigned' });
    expect(await world.state('v1')).toMatchObject({ trusted: { oid: commit }, object: one, sequence: 1 });
    expect(await world.events('v1')).toEqual(['advanced']);
    expect([...world.alerts.values()].map(({ event, ref }) => `${event} ${ref.branch}`).toSorted()).toEqual([
      'advanced refs/tags/v1',
      'locked refs/tags/v2',
      'locked refs/tags/v3',
    ]);
  });
});

describe('a published tag (trust rule 4.9)', () => {
  it('that names another object is locked, and published as it was; moved back it is unlocked', async () => {
    const world = createTagWorld();
    await world.apply();
    const object = world.tag('v1', world.commit());
    await world.run();
    const other = world.tag('v1', world.commit(world.alice, 'Another\n'));
    await world.run();
    const locked = await world.state('v1');
    expect(locked).toMatchObject({ object, sequence: 1, lock: { reason: 'tag_moved', commit: other } });
    expect(locked.lock?.nextStep).toContain(`git push --force origin ${object}:refs/tags/v1`);
    world.tags.set('v1', object);
    await world.run();
    expect(await world.outcomes()).toEqual({ v1: 'published' });
    expect(await world.events('v1')).toEqual(['advanced', 'locked', 'unlocked']);
  });

  it('that is re-pointed at a lightweight tag or at the same commit is locked', async () => {
    const world = createTagWorld();
    await world.apply();
    const commit = world.commit();
    const object = world.tag('v1', commit);
    await world.run();
    world.tags.set('v1', commit);
    await world.run();
    expect((await world.state('v1')).lock).toMatchObject({ reason: 'tag_moved', commit });
    const again = world.tag('v1', commit, world.alice, { message: 'Again\n' });
    await world.run();
    expect(await world.state('v1')).toMatchObject({ object, lock: { reason: 'tag_moved', commit: again } });
  });

  it('is told of at once where it is moved, whatever else was pushed in that hour (trust rules 4.9, 5.5)', async () => {
    const world = createTagWorld();
    await world.apply();
    world.tag('v1', world.commit());
    await world.run();
    for (let n = 0; n < 9; n += 1) world.tag(`v2.${n}`, world.commit(), null);
    await world.run();
    world.alerts.clear();
    world.tag('v1', world.commit(world.alice, 'Another\n'));
    await world.run();
    expect(await world.outcomes()).toMatchObject({ v1: 'published, tag_moved' });
    expect([...world.alerts.values()].map(({ event, ref }) => `${event} ${ref.branch}`)).toEqual([
      'locked refs/tags/v1',
    ]);
  });

  it('that is deleted is locked once it stays away: a replica may lag behind (trust rule 4.4)', async () => {
    const world = createTagWorld();
    await world.apply();
    const object = world.tag('v1', world.commit());
    await world.run();
    world.tags.delete('v1');
    await world.run();
    expect(await world.outcomes()).toEqual({ v1: 'published, missing' });
    world.wait(119);
    await world.run();
    expect(await world.outcomes()).toEqual({ v1: 'published, missing' });
    world.wait(1);
    await world.run();
    expect(await world.outcomes()).toEqual({ v1: 'published, tag_moved, missing' });
    world.tags.set('v1', object);
    await world.run();
    expect(await world.outcomes()).toEqual({ v1: 'published' });
  });

  it('outlives the key that signed it, its policy, and a forge that is away', async () => {
    const world = createTagWorld();
    await world.apply();
    const object = world.tag('v1', world.commit());
    await world.run();
    await world.apply({}, [of('Bob', createSshForgingKey())]);
    world.fault = 'connection';
    await world.run();
    world.wait(1000);
    await world.run();
    expect([...world.alerts.values()].map(({ event }) => event)).toEqual(['advanced', 'unreachable']);
    world.fault = null;
    await world.run();
    expect(await world.state('v1')).toMatchObject({ object, lock: null });
    await world.apply({ tags: [{ pattern: 'release-*', verify: 'tag', keyTime: 'ignore' }] });
    expect(await world.outcomes()).toEqual({ v1: 'published, retired' });
    world.tags.delete('v1');
    await world.run();
    expect(await world.outcomes()).toEqual({ v1: 'published, retired' });
    await world.apply();
    expect(await world.outcomes()).toEqual({ v1: 'published' });
    await world.run();
    expect(await world.events('v1')).toEqual(['advanced', 'retired', 'policy_changed']);
    expect(await world.events(null)).toEqual([
      'created',
      'policy_changed',
      'unreachable',
      'reachable',
      'policy_changed',
      'policy_changed',
    ]);
  });

  it('that rests on a compromised key is flagged at once, and stays published (trust rule 3.3)', async () => {
    const world = createTagWorld();
    await world.apply();
    for (let n = 0; n < 9; n += 1) world.tag(`v${n}`, world.commit());
    await world.run();
    world.alerts.clear();
    const { fingerprint } = parseSshPublicKey(world.alice.line);
    await world.apply({ compromisedKeys: [fingerprint] });
    world.tag('v9', world.commit());
    world.fault = 'connection';
    await world.run();
    expect((await world.outcomes()).v0).toBe('published, compromised');
    world.fault = null;
    await world.run();
    const outcomes = await world.outcomes();
    expect(outcomes.v0).toBe('published, compromised');
    expect(outcomes.v9).toBe('nothing, revoked_key');
    expect((await world.state('v0')).compromise?.keys).toEqual([fingerprint]);
    expect([...world.alerts.values()].map(({ event }) => event)).toEqual(Array(5).fill('compromised'));
    expect((await world.ports.tags.guarded.read(allTagsOf(world.repository)))?.counts.Compromised).toBe(9);
  });
});

describe('a tag that is not proven yet', () => {
  it('becomes trusted by a good object, or by another policy', async () => {
    const world = createTagWorld();
    await world.apply();
    const mallory = createSshForgingKey();
    const commit = world.commit();
    world.tag('v1', commit, null);
    world.tag('v2', world.commit(mallory, 'Hers\n'), mallory);
    await world.run();
    expect(await world.outcomes()).toEqual({ v1: 'nothing, unsigned', v2: 'nothing, unknown_key' });
    world.tag('v1', commit);
    await world.run();
    expect(await world.events('v1')).toEqual(['locked', 'advanced', 'unlocked']);
    await world.apply({}, [of('Alice', world.alice), of('Mallory', mallory)]);
    await world.run();
    expect(await world.outcomes()).toEqual({ v1: 'published', v2: 'published' });
  });

  it('is forgotten when it is deleted', async () => {
    const world = createTagWorld();
    await world.apply();
    world.tag('v1', world.commit(), null);
    await world.run();
    world.tags.delete('v1');
    await world.run();
    expect(await world.outcomes()).toEqual({ v1: 'nothing, missing' });
    expect([...world.alerts.values()].at(-1)?.description).toContain('no longer locked: the forge no longer lists it');
    world.tag('v1', world.commit());
    await world.run();
    expect(await world.outcomes()).toEqual({ v1: 'published' });
  });

  it('is asked for again where the server did not send it, and judged again when due (trust rules 1.5, 3.2)', async () => {
    const world = createTagWorld();
    await world.apply();
    world.tags.set('v1', parseOid('e'.repeat(40)));
    const commit = world.commit();
    world.tag('v2', commit, world.alice, { tagger: `Alice <alice@example.com> ${1_767_225_600 + 1000} +0000` });
    await world.run();
    expect(await world.outcomes()).toEqual({ v1: 'nothing, missing_object', v2: 'nothing, future_signature' });
    world.objects.set(parseOid('e'.repeat(40)), { type: 'tag', raw: Buffer.from('other bytes') });
    world.wait(700);
    await world.run();
    expect(await world.outcomes()).toEqual({ v1: 'nothing, missing_object', v2: 'published' });
  });

  it('is judged as of when it was first seen, under a later policy too (trust rule 3.1)', async () => {
    const world = createTagWorld();
    await world.apply({}, []);
    world.tag('v1', world.commit());
    await world.run();
    world.wait(86_400);
    world.tag('v2', world.commit(world.alice, 'Later\n'));
    const { line } = world.alice;
    const seconds = Math.floor(world.ports.now().getTime() / 1000);
    await world.apply({}, [createSignatory([parseSshPublicKey(line)], { validUntil: seconds - 3600 })]);
    await world.run();
    expect(await world.outcomes()).toEqual({ v1: 'published', v2: 'nothing, expired_key' });
  });

  it('that is too large keeps no other back (trust rule 4.7)', async () => {
    const world = createTagWorld();
    await world.apply();
    const commit = world.commit();
    for (let n = 0; n < 5; n += 1) world.tag(`v${n}`, commit);
    world.tag('v5', commit, world.alice, { message: 'x'.repeat(2 * 1024 * 1024) });
    await world.run();
    expect(await world.outcomes()).toMatchObject({ v4: 'published', v5: 'nothing, limit_exceeded' });
  });

  it('keeps no other back where a run has no time for more of those that are too large (trust rule 4.7)', async () => {
    const world = createTagWorld();
    await world.apply();
    const commit = world.commit();
    world.tag('v0', commit);
    await world.run();
    world.tag('v0', commit, world.alice, { message: 'Again\n' });
    for (let n = 10; n < 30; n += 1)
      world.tag(`v${n}`, commit, world.alice, { message: `${n}${'x'.repeat(1024 * 1024)}` });
    world.tag('v9', commit);
    world.secondsAFetch = 2;
    await world.run();
    expect(await world.outcomes()).toMatchObject({
      ...{ v0: 'published, tag_moved', v9: 'published' },
      ...{ v10: 'nothing, limit_exceeded', v29: 'nothing, limit_exceeded' },
    });
    world.secondsAFetch = 50;
    world.tag('v31', commit, world.alice, { message: 'x'.repeat(1024 * 1024) });
    world.tag('v32', commit);
    world.tags.set('v9', commit);
    await world.run();
    // What the listing alone tells is decided all the same.
    expect(await world.outcomes()).toMatchObject({ v31: 'nothing', v32: 'nothing', v9: 'published, tag_moved' });
    expect((await world.ports.tags.guarded.read(allTagsOf(world.repository)))?.unreachable?.cause).toBe('timeout');
  });
});

describe('who writes first (trust rule 5.1)', () => {
  it('is a policy that is applied while a new tag is judged under the former one', async () => {
    const world = createTagWorld();
    await world.apply();
    world.tag('v1', world.commit());
    const { write } = world.ports.verdicts;
    let applied = 0;
    const verdicts: typeof world.ports.verdicts = {
      ...world.ports.verdicts,
      write: async (...args) => {
        await write(...args);
        if (applied++ === 0) await world.apply({}, []);
      },
    };
    Object.assign(world.ports, { verdicts });
    await world.run();
    expect(applied).toBe(2);
    expect(await world.outcomes()).toEqual({ v1: 'nothing, unknown_key' });
    expect(await world.events('v1')).toEqual(['locked']);
  });

  it('is a policy that is applied while new tags get their items', async () => {
    const world = createTagWorld();
    await world.apply();
    world.tag('v1', world.commit());
    const { tags } = world.ports;
    let applied = 0;
    const write: typeof tags.write = async (state) => {
      if (applied++ === 0) await world.apply({}, []);
      return tags.write(state);
    };
    Object.assign(world.ports, { tags: { ...tags, write } });
    await world.run();
    expect(await world.outcomes()).toEqual({ v1: 'nothing, unknown_key' });
  });
});

describe('many tags', () => {
  it('are worked in steps, told in a digest, and settled once (trust rules 4.7, 5.5)', async () => {
    const world = createTagWorld({ tagsPerStep: 20 });
    await world.apply();
    const commit = world.commit();
    for (let n = 0; n < 60; n += 1) world.tag(`v${String(n).padStart(2, '0')}`, commit, n === 33 ? world.alice : null);
    await world.run();
    const all = allTagsOf(world.repository);
    const read = async () =>
      (await world.ports.tags.guarded.read(all)) ?? { counts: null, alertHour: null, version: 0 };
    expect((await read()).counts).toEqual({ Pending: 0, Trusted: 1, Locked: 59, Compromised: 0 });
    expect([...world.alerts.values()].map(({ event }) => event)).toEqual(Array(5).fill('locked'));
    expect((await read()).alertHour).toMatchObject({ sent: 5, held: 55 });
    world.wait(3600);
    await world.run();
    const digest = [...world.alerts.values()].at(-1);
    expect(digest).toMatchObject({ event: 'locked', ref: all, title: expect.stringContaining('55 more changes') });
    expect(digest?.description).toContain('locked 59');
    const { version } = await read();
    await world.run();
    expect(await read()).toMatchObject({ version, alertHour: null });
    expect(await world.events('v33')).toEqual(['advanced']);
  }, 60_000);

  it('beyond the limit are not published, and people are told (trust rule 4.7)', async () => {
    const world = createTagWorld();
    await world.apply();
    const commit = world.commit();
    for (let n = 0; n < 72; n += 1) world.tag(`v${n}`, commit);
    await world.run();
    const read = () => world.ports.tags.guarded.read(allTagsOf(world.repository));
    expect(await read()).toMatchObject({ counts: { Trusted: 70 }, lock: { reason: 'limit_exceeded' } });
    expect([...world.alerts.values()].map(({ title }) => title)).toContain(
      `${world.repository}@refs/tags: limit_exceeded`,
    );
    for (const name of ['v70', 'v71']) world.tags.delete(name);
    await world.run();
    expect((await read())?.lock).toBeNull();
    // Those that are published stay so, whatever else is there.
    for (let n = 0; n < 100; n += 1) world.tag(`v-${n}`, commit);
    await world.run();
    expect((await world.state('v7')).lock).toBeNull();
  }, 60_000);

  it('that were deleted before they were proven make room, as do those that are guarded no more', async () => {
    const world = createTagWorld();
    await world.apply();
    const commit = world.commit();
    for (let n = 0; n < 70; n += 1) world.tag(`v0-${n}`, commit, null);
    await world.run();
    world.tags.clear();
    for (let n = 0; n < 70; n += 1) world.tag(`v1-${n}`, commit);
    await world.run();
    await world.run();
    expect(await world.outcomes()).toMatchObject({ 'v0-0': 'nothing, missing', 'v1-69': 'published' });
    world.tag('v2', commit);
    await world.run();
    expect((await world.outcomes()).v2).toBeUndefined();
    await world.apply({ tags: [{ pattern: 'v2*', verify: 'tag', keyTime: 'ignore' }] });
    await world.run();
    expect((await world.outcomes()).v2).toBe('published');
  }, 60_000);
});
