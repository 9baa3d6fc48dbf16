import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { describe, expect, it } from 'vitest';
import { allTagsOf, tagRefOf } from '../../../shared/model/tag-ref.ts';
import { createDynamoClient } from '../../../shared/store/dynamo-client.ts';
import { createDynamoTagStore } from '../../../shared/store/dynamo-tag-store.ts';
import { createGuardedTags } from '../../../shared/trust/apply-tags.ts';
import { TABLE, useEmbeddedServices } from '../../support/embedded-services.ts';
import { oidOf } from '../../support/small-history.ts';
import { createTrustedTagState } from '../../support/tag-states.ts';

useEmbeddedServices();
const createStore = () => createDynamoTagStore(createDynamoClient(), TABLE);
const SINCE = '2026-11-21T10:20:00.000Z';
const CHANGE = { policyVersion: 3, actor: 'a test', now: SINCE, url: null, exceptions: {} };
const LOCK = { commit: oidOf('e'), reason: 'tag_moved', message: 'Moved.', nextStep: 'Look.', since: SINCE } as const;

describe('tag items', () => {
  it('keep everything that is known of a tag, and are written by whoever read them last (trust rule 5.1)', async () => {
    const store = createStore();
    const state = createTrustedTagState('shop', 'v1', {
      lock: LOCK,
      compromise: { keys: ['SHA256:x'], message: 'Lost.', nextStep: 'Look.', since: SINCE },
      missingSince: SINCE,
      recheckAt: SINCE,
      operatorAnchored: true,
      due: createGuardedTags(allTagsOf('shop'), CHANGE).due,
    });
    const written = await store.write(state);
    expect(written).toEqual({ ...state, version: 1 });
    expect(await store.read(state.ref)).toEqual(written);
    expect(await store.readForPublication(state.ref)).toEqual(written);
    expect(await store.write(state)).toBeNull();
    expect(await store.write({ ...state, version: 1, signedBy: null })).toMatchObject({ version: 2 });
    expect(await store.write({ ...state, version: 1 })).toBeNull();
  });

  it('are listed by their names, without what is known of all of them', async () => {
    const store = createStore();
    const all = createGuardedTags(allTagsOf('listed'), CHANGE);
    expect(await store.isGuarded('listed')).toBe(false);
    const guarded = { ...all, lock: LOCK, alertHour: { since: SINCE, sent: 5, held: 2 } };
    expect(await store.guarded.write(guarded)).toEqual({ ...guarded, version: 1 });
    expect(await store.guarded.read(all.ref)).toEqual({ ...guarded, version: 1 });
    for (const name of ['v2', 'v1']) await store.write(createTrustedTagState('listed', name));
    expect((await store.list('listed')).map(({ ref }) => ref.branch)).toEqual(['refs/tags/v1', 'refs/tags/v2']);
    expect(await store.isGuarded('listed')).toBe(true);
    expect(await store.list('list')).toEqual([]);
  });

  it.each([
    ['an unknown attribute', 'refs/tags/v1', { more: 1 }],
    ['no version', 'refs/tags/v1', { version: undefined }],
    ['an abbreviated commit', 'refs/tags/v1', { trusted: 'abcd' }],
    ['the name of a branch', 'refs/tags/-v1', {}],
  ])('with %s are not trusted', async (_what, sk, changes) => {
    const client = createDynamoClient();
    const { ref: _, ...state } = createTrustedTagState('corrupt', 'v1');
    const item = { pk: 'tag:corrupt', sk, ...state, trusted: oidOf('b'), version: 1, ...changes };
    const Item = marshall(item, { removeUndefinedValues: true });
    await client.send(new PutItemCommand({ TableName: TABLE, Item }));
    const name = sk.slice('refs/tags/'.length);
    await expect(createStore().read(tagRefOf('corrupt', name))).rejects.toMatchObject({ code: 'corrupt_item' });
    await expect(createStore().list('corrupt')).rejects.toMatchObject({ code: 'corrupt_item' });
  });
});
