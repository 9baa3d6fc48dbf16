import { describe, expect, it } from 'vitest';
import type { AuditEvent } from '../../../shared/model/audit-event.ts';
import type { RevisionRecord } from '../../../shared/model/branch-state.ts';
import { createDynamoClient } from '../../../shared/store/dynamo-client.ts';
import { createDynamoHistoryStore } from '../../../shared/store/dynamo-history-store.ts';
import type { EventPage } from '../../../shared/store/history-store.ts';
import { TABLE, useEmbeddedServices } from '../../support/embedded-services.ts';
import { oidOf } from '../../support/small-history.ts';

useEmbeddedServices();
const createStore = () => createDynamoHistoryStore(createDynamoClient(), TABLE);

const EVENT: AuditEvent = {
  kind: 'advanced',
  at: '2026-11-21T10:15:00.000Z',
  sequence: 1,
  actor: 'headlock',
  message: 'Advanced.',
  details: { revision: oidOf('b') },
};
const RECORD: RevisionRecord = {
  sequence: 1,
  revision: oidOf('b'),
  previous: null,
  decidedAt: '2026-11-21T10:15:00.000Z',
  mode: 'all',
  keyTime: 'first-seen',
  policyVersion: 1,
  operatorAnchored: false,
  signedBy: [
    {
      fingerprint: 'SHA256:x',
      certifiedBy: 'SHA256:ca',
      certificate: { serial: '18446744073709551615', keyId: 'Ym9i' },
    },
  ],
};

describe('createDynamoHistoryStore', () => {
  it('lists events in the order of the writes that owed them, past ten and past a thousand', async () => {
    const store = createStore();
    const ref = { repository: 'ordered', branch: 'main' };
    const ids = ['1000:0', '2:10', '10:0', '2:9', '2:0'];
    for (const id of ids) await store.putEvent(ref, id, { ...EVENT, message: id });
    await store.putRevision(ref, RECORD);
    expect((await store.listEvents(ref)).map((event) => event.message)).toEqual([
      '2:0',
      '2:9',
      '2:10',
      '10:0',
      '1000:0',
    ]);
  });

  it('gives events page by page, from either end', async () => {
    const store = createStore();
    const ref = { repository: 'paged', branch: 'main' };
    for (const id of ['2:0', '2:1', '10:0', '11:0']) await store.putEvent(ref, id, EVENT);
    await store.putRevision(ref, RECORD);
    const ids = async (page: EventPage) => (await store.pageEvents(ref, page)).map(({ id }) => id);
    expect(await store.pageEvents(ref, { limit: 1 })).toEqual([{ id: '2:0', ...EVENT }]);
    expect(await ids({ limit: 3 })).toEqual(['2:0', '2:1', '10:0']);
    expect(await ids({ limit: 3, after: '10:0' })).toEqual(['11:0']);
    expect(await ids({ limit: 3, after: '3:7' })).toEqual(['10:0', '11:0']);
    expect(await ids({ limit: 3, newestFirst: true })).toEqual(['11:0', '10:0', '2:1']);
    expect(await ids({ limit: 3, newestFirst: true, after: '2:1' })).toEqual(['2:0']);
    await expect(ids({ limit: 1, after: 'x' })).rejects.toThrow(RangeError);
  });

  it('lists revisions in the order of their sequence', async () => {
    const store = createStore();
    const ref = { repository: 'ordered', branch: 'revisions' };
    const records = [10, 2, 1].map((sequence) => ({ ...RECORD, sequence, previous: oidOf('c', 64) }));
    for (const record of records) await store.putRevision(ref, record);
    expect(await store.listRevisions(ref)).toEqual(records.toReversed());
  });

  it('takes the same record twice, and never another in its place (rule 5.4)', async () => {
    const store = createStore();
    const ref = { repository: 'repeated', branch: 'main' };
    for (let i = 0; i < 2; i++) {
      await store.putEvent(ref, '1:0', EVENT);
      await store.putRevision(ref, RECORD);
    }
    const other = store.putEvent(ref, '1:0', { ...EVENT, actor: 'mallory' });
    await expect(other).rejects.toMatchObject({ code: 'record_conflict' });
    const forked = store.putRevision(ref, { ...RECORD, revision: oidOf('d') });
    await expect(forked).rejects.toMatchObject({ code: 'record_conflict' });
    expect(await store.listEvents(ref)).toEqual([EVENT]);
    expect(await store.listRevisions(ref)).toEqual([RECORD]);
  });

  it('keeps branches apart whose names start alike', async () => {
    const store = createStore();
    await store.putEvent({ repository: 'apart', branch: 'main' }, '1:0', EVENT);
    expect(await store.listEvents({ repository: 'apart', branch: 'main-2' })).toEqual([]);
    expect(await store.listEvents({ repository: 'apart', branch: 'mai' })).toEqual([]);
  });

  it.each(['', '1', '1:', ':0', '1:0:0', 'one:two', '-1:0'])('refuses the event id %j', async (id) => {
    await expect(createStore().putEvent({ repository: 'ids', branch: 'main' }, id, EVENT)).rejects.toThrow(RangeError);
  });
});
