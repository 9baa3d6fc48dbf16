import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { auditEvent, revisionRecord } from './branch-schema.ts';
import { createDynamoTable } from './dynamo-table.ts';
import type { HistoryStore } from './history-store.ts';
import { eventKey, historyPartition, revisionKey } from './item-keys.ts';
import { parseItem } from './parse-item.ts';

/** The audit trail in DynamoDB: `history:<repository>:<branch>` / `event:<version>:<n>` and `seq:<n>` (trust rule 5.4). */
export function createDynamoHistoryStore(client: DynamoDBClient, tableName: string): HistoryStore {
  const table = createDynamoTable(client, tableName);
  return {
    async putEvent(ref, id, event) {
      const [version, n] = parseEventId(id);
      await table.append({ ...eventKey(ref, version, n), ...event });
    },
    async putRevision(ref, record) {
      await table.append({ ...revisionKey(ref, record.sequence), ...record });
    },
    async listEvents(ref) {
      const items = await table.query(historyPartition(ref), { prefix: 'event:' });
      return items.map((item) => parseItem(auditEvent, item));
    },
    async listRevisions(ref) {
      const items = await table.query(historyPartition(ref), { prefix: 'seq:' });
      return items.map((item) => parseItem(revisionRecord, item));
    },
  };
}

/** @throws RangeError where the id is not `<version>:<n>`. */
function parseEventId(id: string): readonly [number, number] {
  const match = /^(\d{1,12}):(\d{1,3})$/.exec(id);
  if (match === null) throw new RangeError('The id of an audit event is <version>:<n>.');
  return [Number(match[1]), Number(match[2])];
}
