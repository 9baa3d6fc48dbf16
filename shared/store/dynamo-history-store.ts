import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { BranchRef } from '../model/branch-ref.ts';
import { auditEvent, revisionRecord } from './branch-schema.ts';
import { createDynamoTable } from './dynamo-table.ts';
import { type HistoryStore, isEventId } from './history-store.ts';
import { eventKey, historyPartition, type ItemKey, idOfEventKey, revisionKey } from './item-keys.ts';
import { parseItem } from './parse-item.ts';

/** The audit trail in DynamoDB: `history:<repository>:<branch>` / `event:<version>:<n>` and `seq:<n>` (trust rule 5.4). */
export function createDynamoHistoryStore(client: DynamoDBClient, tableName: string): HistoryStore {
  const table = createDynamoTable(client, tableName);
  return {
    async putEvent(ref, id, event) {
      await table.append({ ...keyOfEvent(ref, id), ...event });
    },
    async putRevision(ref, record) {
      await table.append({ ...revisionKey(ref, record.sequence), ...record });
    },
    async listEvents(ref) {
      const items = await table.query(historyPartition(ref), { prefix: 'event:' });
      return items.map((item) => parseItem(auditEvent, item));
    },
    async pageEvents(ref, { after, newestFirst = false, limit }) {
      const start = after === undefined ? undefined : keyOfEvent(ref, after).sk;
      const range = { prefix: 'event:', after: start, isDescending: newestFirst, limit };
      const items = await table.query(historyPartition(ref), range);
      return items.map((item) => ({ id: idOfEventKey(item), ...parseItem(auditEvent, item) }));
    },
    async listRevisions(ref) {
      const items = await table.query(historyPartition(ref), { prefix: 'seq:' });
      return items.map((item) => parseItem(revisionRecord, item));
    },
  };
}

/** @throws RangeError where the id is not `<version>:<n>`. */
function keyOfEvent(ref: BranchRef, id: string): ItemKey {
  if (!isEventId(id)) throw new RangeError('The id of an audit event is <version>:<n>.');
  const [version, n] = id.split(':');
  return eventKey(ref, Number(version), Number(n));
}
