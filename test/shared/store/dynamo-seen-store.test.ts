import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { describe, expect, it } from 'vitest';
import { parseOid } from '../../../shared/model/oid.ts';
import { createDynamoClient } from '../../../shared/store/dynamo-client.ts';
import { createDynamoSeenStore } from '../../../shared/store/dynamo-seen-store.ts';
import { dynamoAs } from '../../support/act-as.ts';
import { TABLE, useEmbeddedServices } from '../../support/embedded-services.ts';
import { oidOf } from '../../support/small-history.ts';

useEmbeddedServices();
const createStore = () => createDynamoSeenStore(dynamoAs('verify'), TABLE);

const EARLY = '2026-11-21T10:15:00.000Z';
const LATE = '2026-11-21T10:16:00.000Z';
const [ONE, TWO, THREE] = [oidOf('1'), oidOf('2'), oidOf('3')] as const;

describe('createDynamoSeenStore', () => {
  it('keeps the earliest time of each commit (rule 3.1)', async () => {
    const store = createStore();
    const ref = { repository: 'seen', branch: 'main' };
    await store.write(ref, LATE, TWO, [TWO, THREE]);
    await store.write(ref, EARLY, TWO, [ONE, TWO]);
    expect(await store.read(ref, EARLY, [ONE, TWO, THREE, oidOf('4')])).toEqual(
      new Map([
        [ONE, EARLY],
        [TWO, EARLY],
        [THREE, LATE],
      ]),
    );
  });

  it('reads from a time on, that time included', async () => {
    const store = createStore();
    const ref = { repository: 'seen', branch: 'from' };
    await store.write(ref, EARLY, ONE, [ONE]);
    await store.write(ref, LATE, TWO, [TWO]);
    expect([...(await store.read(ref, LATE, [ONE, TWO])).keys()]).toEqual([TWO]);
    expect((await store.read(ref, '2026-11-21T10:16:00.001Z', [ONE, TWO])).size).toBe(0);
  });

  it.each([40, 64])('takes 20,000 ids of %i digits in one fetch', async (digits) => {
    const store = createStore();
    const ref = { repository: 'seen', branch: `many-${digits}` };
    const commits = Array.from({ length: 20_000 }, (_, i) => parseOid(i.toString(16).padStart(digits, '0')));
    await store.write(ref, EARLY, commits[0] ?? ONE, commits);
    expect(await store.read(ref, EARLY, commits)).toEqual(new Map(commits.map((commit) => [commit, EARLY])));
  });

  it('takes the same record twice, and never another in its place', async () => {
    const store = createStore();
    const ref = { repository: 'seen', branch: 'twice' };
    await store.write(ref, EARLY, ONE, [ONE]);
    await store.write(ref, EARLY, ONE, [ONE]);
    await expect(store.write(ref, EARLY, ONE, [TWO])).rejects.toMatchObject({ code: 'record_conflict' });
    expect([...(await store.read(ref, EARLY, [ONE, TWO])).keys()]).toEqual([ONE]);
  });

  it('writes nothing where nothing is new', async () => {
    const store = createStore();
    await store.write({ repository: 'seen', branch: 'nothing' }, EARLY, ONE, []);
    expect((await store.read({ repository: 'seen', branch: 'nothing' }, EARLY, [ONE])).size).toBe(0);
  });

  it.each([
    ['ids that are none', { at: EARLY, commits: 'abc' }],
    ['no ids', { at: EARLY, commits: '' }],
    ['another time than its key', { at: '2020-01-01T00:00:00.000Z', commits: ONE }],
  ])('does not trust a record with %s', async (name, attributes) => {
    const branch = name.replaceAll(' ', '-');
    const item = { pk: `seen:damaged:${branch}`, sk: `${EARLY}:${ONE}:000`, ...attributes };
    await createDynamoClient().send(new PutItemCommand({ TableName: TABLE, Item: marshall(item) }));
    const reading = createStore().read({ repository: 'damaged', branch }, EARLY, [ONE]);
    await expect(reading).rejects.toMatchObject({ code: 'corrupt_item' });
  });
});
