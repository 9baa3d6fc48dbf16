import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDynamoBranchStore } from '../../../shared/store/dynamo-branch-store.ts';
import { createDynamoClient } from '../../../shared/store/dynamo-client.ts';
import { createDynamoPolicyStore } from '../../../shared/store/dynamo-policy-store.ts';
import { TABLE, useEmbeddedServices } from '../../support/embedded-services.ts';
import { createSweptRepository, type SweptRepository } from '../../support/swept-repository.ts';

useEmbeddedServices();

const BRANCHES = ['main', 'one', 'two', 'three', 'four'];
const ONE_LISTING = ['ls-refs'];

let swept: SweptRepository;
beforeEach(async () => {
  swept = await createSweptRepository();
  for (const branch of BRANCHES.slice(1)) await swept.git.run('branch', branch);
});
afterEach(() => swept.close());

/** Guards the branches, and has them decided once. */
async function guardAndDecide(branches = BRANCHES): Promise<void> {
  await swept.guard(branches);
  await swept.decide();
}

/** Puts new attributes into a branch's item. */
async function changeItem(branch: string, changes: object): Promise<void> {
  const store = createDynamoBranchStore(createDynamoClient(), TABLE);
  const { ref: _, trusted, ...attributes } = await swept.state(branch);
  const item = { pk: `branch:${swept.name}`, sk: branch, ...attributes, trusted: trusted?.oid ?? null, ...changes };
  await createDynamoClient().send(
    new PutItemCommand({ TableName: TABLE, Item: marshall(item, { removeUndefinedValues: true }) }),
  );
  expect(await store.listEach(swept.name)).toHaveLength(BRANCHES.length);
}

describe('a sweep of a repository (trust rule 5.2)', () => {
  it('asks the forge once, and hints nothing where nothing changed', async () => {
    await guardAndDecide();
    expect(await swept.sweep()).toEqual({ forge: 'refs', hints: 0, hinted: [], asked: ONE_LISTING });
    expect(await swept.findChanges()).toEqual([]);
  });

  it('heals webhooks that never came, of all five branches that one push moved, by one listing', async () => {
    await guardAndDecide();
    const tip = await swept.commit('Signed');
    for (const branch of BRANCHES.slice(1)) await swept.git.run('branch', '-f', branch, tip);
    expect(await swept.sweep()).toEqual({
      forge: 'refs',
      hints: 5,
      hinted: BRANCHES.toSorted(),
      asked: ONE_LISTING,
    });
    await swept.decide();
    for (const branch of BRANCHES) expect(await swept.state(branch)).toMatchObject({ trusted: { oid: tip } });
    expect(await swept.sweep()).toMatchObject({ hints: 0 });
    expect(await swept.findChanges()).toEqual([]);
  });

  it('hints the branch that moved, and no other', async () => {
    await guardAndDecide();
    await swept.git.run('checkout', '-q', 'two');
    await swept.commit('Signed');
    expect(await swept.sweep()).toMatchObject({ hinted: ['two'] });
  });

  it('hints what was never decided', async () => {
    await swept.guard(BRANCHES);
    expect(await swept.sweep()).toMatchObject({ hinted: BRANCHES.toSorted() });
  });

  it('hints a branch that was deleted until that is decided, and again when it is back (rule 4.4)', async () => {
    await guardAndDecide();
    await swept.git.run('branch', '-D', 'one');
    expect(await swept.sweep()).toMatchObject({ hinted: ['one'] });
    await swept.decide();
    expect(await swept.state('one')).toMatchObject({ lock: { reason: 'branch_deleted' } });
    expect(await swept.sweep()).toMatchObject({ hints: 0, asked: ONE_LISTING });
    expect(await swept.findChanges()).toEqual([]);
    await swept.git.run('branch', 'one');
    expect(await swept.sweep()).toMatchObject({ hinted: ['one'] });
  });

  it('serves recheckAt when it is due, and not before (rule 3.2)', async () => {
    await guardAndDecide();
    await changeItem('main', { recheckAt: '2036-06-01T00:12:00.000Z' });
    expect(await swept.sweep()).toMatchObject({ hints: 0 });
    expect(await swept.findChanges()).toEqual([]);
    expect(await swept.sweep()).toMatchObject({ hints: 0 });
    expect(await swept.findChanges()).toEqual([]);
    expect(await swept.sweep()).toMatchObject({ hinted: ['main'] });
  });

  it('hints what lags behind, and what seems to be rewritten, for as long as it does (rule 4.4)', async () => {
    await guardAndDecide();
    const former = await swept.git.head();
    const tip = await swept.commit('Signed');
    await swept.sweep();
    await swept.decide();
    await swept.git.run('reset', '-q', '--hard', former);
    expect(await swept.sweep()).toMatchObject({ hinted: ['main'] });
    await swept.decide();
    expect(await swept.state('main')).toMatchObject({ lagging: { revision: former }, lock: null });
    expect(await swept.sweep()).toMatchObject({ hinted: ['main'] });
    await swept.decide();
    expect(await swept.state('main')).toMatchObject({ trusted: { oid: tip }, lock: { reason: 'history_rewritten' } });
    // The server may have been wrong: it is asked again, and nothing changes while it says the same.
    expect(await swept.sweep()).toMatchObject({ hinted: ['main'] });
    expect(await swept.findChanges()).toEqual([]);
  });

  it('has the digest of held alerts sent once its hour is over, also of a branch that is gone (rule 5.5)', async () => {
    await guardAndDecide();
    await swept.git.run('checkout', '-q', 'two');
    for (const message of ['1', '2', '3', '4', '5']) {
      await swept.git.run('reset', '-q', '--hard', 'main');
      await swept.git.commit(message);
      expect(await swept.sweep(1)).toMatchObject({ hinted: ['two'] });
      await swept.decide();
    }
    await swept.git.run('checkout', '-q', 'main');
    await swept.git.run('branch', '-D', 'two');
    await swept.sweep(1);
    await swept.decide();
    expect(await swept.state('two')).toMatchObject({ lock: { reason: 'branch_deleted' }, alertHour: { held: 1 } });
    expect(await swept.sweep()).toMatchObject({ hints: 0 });
    expect(await swept.sweep(60)).toMatchObject({ hinted: ['two'] });
    await swept.decide();
    expect(await swept.sweep()).toMatchObject({ hints: 0 });
    expect(await swept.findChanges()).toEqual([]);
  });

  it('has times put right that a clock set ahead', async () => {
    await guardAndDecide();
    const since = '2099-01-01T00:00:00.000Z';
    swept.server.fault = () => ({ kind: 'status', status: 503 });
    await swept.sweep();
    await swept.decide();
    const { unreachable } = await swept.state('one');
    await changeItem('one', { unreachable: { ...unreachable, since } });
    await changeItem('two', { alertHour: { since, sent: 5, held: 1 } });
    expect(await swept.sweep(1)).toMatchObject({ hinted: ['one', 'two'] });
    await swept.decide();
    expect(await swept.sweep(1)).toMatchObject({ hints: 0 });
  });

  it('hints all branches after a policy whose hints were lost', async () => {
    await guardAndDecide();
    await swept.guard(BRANCHES, { denied: [{ commit: await swept.git.head(), reason: 'A test' }] });
    expect(await swept.sweep()).toMatchObject({ hinted: BRANCHES.toSorted() });
  });

  it('hints a range that is worked in steps, and one of which something was missing', async () => {
    await guardAndDecide();
    await changeItem('one', { progress: { policyVersion: 1, judged: 1, digest: '0'.repeat(64), total: 2 } });
    const since = '2036-06-01T00:00:00.000Z';
    const lock = { commit: null, reason: 'missing_object', message: 'm', nextStep: 'n', since };
    await changeItem('two', { lock });
    expect(await swept.sweep()).toMatchObject({ hinted: ['one', 'two'] });
  });

  it('hints an item that cannot be read, and sweeps the others', async () => {
    await guardAndDecide();
    await changeItem('one', { version: 'none' });
    await swept.commit('Signed');
    expect(await swept.sweep()).toMatchObject({ forge: 'refs', hinted: ['main', 'one'], asked: ONE_LISTING });
  });

  it('delivers what a branch owes, also where it is guarded no more, and then leaves it alone (rule 5.5)', async () => {
    await guardAndDecide();
    await swept.guard(['main']);
    expect(await swept.sweep()).toMatchObject({ hinted: BRANCHES.toSorted() });
    await swept.decide();
    await swept.git.run('branch', '-D', 'one');
    expect(await swept.sweep()).toMatchObject({ hints: 0 });
    expect(await swept.findChanges()).toEqual([]);
  });

  it('asks nobody about a repository that is guarded no more', async () => {
    await guardAndDecide();
    await createDynamoPolicyStore(createDynamoClient(), TABLE).retire(swept.name);
    expect(await swept.sweep()).toEqual({ forge: null, hints: 0, hinted: [], asked: [] });
  });

  it('says what does not pass for a git server, and takes it for no proof of anything', async () => {
    await guardAndDecide();
    swept.server.fault = ({ command }) => (command === 'ls-refs' ? { kind: 'rewrite', rewrite: () => '0000' } : null);
    expect(await swept.sweep()).toMatchObject({ forge: 'bad_response', hinted: BRANCHES.toSorted() });
    await swept.decide();
    expect(await swept.state('main')).toMatchObject({ unreachable: { cause: 'bad_response' }, lock: null });
  });

  it('goes on by decisions where only the whole list makes no sense', async () => {
    await guardAndDecide();
    const garbage = { kind: 'rewrite', rewrite: () => '0000' } as const;
    swept.server.fault = ({ command }) => (command === 'ls-refs' ? garbage : null);
    await swept.sweep();
    await swept.decide();
    swept.server.fault = ({ body }) => (body.includes('ref-prefix refs/heads/\n') ? garbage : null);
    const tip = await swept.commit('Signed');
    expect(await swept.sweep(10)).toMatchObject({ forge: 'bad_response', hinted: BRANCHES.toSorted() });
    await swept.decide();
    expect(await swept.state('main')).toMatchObject({ trusted: { oid: tip }, unreachable: null });
  });
});

describe('guarded tags (trust rule 4.9)', () => {
  const TAGS = { tags: [{ pattern: 'v*', verify: 'tag-and-commit', keyTime: 'first-seen' }] } as const;
  const tag = (name: string, message = 'A release') => swept.git.run('tag', '-sf', '-m', message, name);

  beforeEach(async () => {
    await swept.commit('Signed');
    await swept.guard(['main'], TAGS);
    await swept.decide();
  });

  it('are compared in the same listing, and hinted together where one is new, moved, deleted or back', async () => {
    expect(await swept.sweep()).toMatchObject({ hints: 0, asked: ONE_LISTING });
    expect(await swept.findChanges()).toEqual([]);
    await tag('v1');
    await swept.git.run('tag', 'other');
    expect(await swept.sweep()).toMatchObject({ hinted: ['refs/tags'], asked: ONE_LISTING });
    await swept.decide();
    expect(await swept.sweep()).toMatchObject({ hints: 0, asked: ONE_LISTING });
    expect(await swept.findChanges()).toEqual([]);

    const object = await swept.git.head('refs/tags/v1');
    await tag('v1', 'Another one');
    expect(await swept.sweep()).toMatchObject({ hinted: ['refs/tags'] });
    await swept.decide();
    expect(await swept.sweep()).toMatchObject({ hints: 0 });
    expect(await swept.findChanges()).toEqual([]);
    await swept.git.run('update-ref', '-d', 'refs/tags/v1');
    for (const _ of ['missing', 'deleted']) {
      expect(await swept.sweep()).toMatchObject({ hinted: ['refs/tags'] });
      await swept.decide();
    }
    expect(await swept.sweep()).toMatchObject({ hints: 0 });
    expect(await swept.findChanges()).toEqual([]);
    await swept.git.run('update-ref', 'refs/tags/v1', object);
    expect(await swept.sweep()).toMatchObject({ hinted: ['refs/tags'] });
    await swept.decide();
    expect(await swept.sweep()).toMatchObject({ hints: 0 });
    expect(await swept.findChanges()).toEqual([]);
  });

  it('that are locked are settled until their object changes', async () => {
    await swept.git.run('tag', '-a', '-m', 'Unsigned', 'v1');
    await swept.sweep();
    await swept.decide();
    expect(await swept.sweep()).toMatchObject({ hints: 0 });
    expect(await swept.findChanges()).toEqual([]);
  });

  it('have the digest of held alerts sent once its hour is over (rule 5.5)', async () => {
    for (const name of ['v1', 'v2', 'v3', 'v4', 'v5', 'v6']) await swept.git.run('tag', name);
    await swept.sweep();
    await swept.decide();
    expect(await swept.sweep(54)).toMatchObject({ hints: 0 });
    expect(await swept.sweep(6)).toMatchObject({ hinted: ['refs/tags'] });
    await swept.decide();
    expect(await swept.sweep()).toMatchObject({ hints: 0 });
    expect(await swept.findChanges()).toEqual([]);
  });

  it('are hinted where an item of one cannot be read, and branches are swept', async () => {
    await tag('v1');
    const item = { pk: `tag:${swept.name}`, sk: 'refs/tags/v0', version: 'none' };
    await createDynamoClient().send(new PutItemCommand({ TableName: TABLE, Item: marshall(item) }));
    await swept.commit('Signed');
    expect(await swept.sweep()).toMatchObject({ forge: 'refs', hinted: ['main', 'refs/tags'] });
  });
});
