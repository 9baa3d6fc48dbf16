import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Item } from './dynamo-item.ts';
import { createDynamoTable } from './dynamo-table.ts';
import { branchOfVerdictKey, verdictKey, verdictPartition } from './item-keys.ts';
import { parseItem } from './parse-item.ts';
import { verdictAttributes } from './verdict-schema.ts';
import type { RecordedVerdict, VerdictStore } from './verdict-store.ts';

/** Verdicts in DynamoDB: `verdict:<repository>` / `<commit>:<branch>`, the latest of each. */
export function createDynamoVerdictStore(client: DynamoDBClient, tableName: string): VerdictStore {
  const table = createDynamoTable(client, tableName);
  return {
    async write(ref, policyVersion, verdicts) {
      await table.putMany(
        verdicts.map((verdict) => ({ ...verdictKey(ref, verdict.commit), ...verdict, policyVersion })),
      );
    },
    async read(ref, commit) {
      const item = await table.read(verdictKey(ref, commit), 'consistent');
      return item === null ? null : parseVerdict(item);
    },
    async find(ref, start) {
      const found: RecordedVerdict[] = [];
      for await (const item of table.stream(verdictPartition(ref.repository), { prefix: start })) {
        if (branchOfVerdictKey(item) === ref.branch) found.push(parseVerdict(item));
        if (found.length === 2) break;
      }
      return found;
    },
  };
}

function parseVerdict(item: Item): RecordedVerdict {
  const { policyVersion, ...verdict } = parseItem(verdictAttributes, item);
  return { policyVersion, verdict };
}
