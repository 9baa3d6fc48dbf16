import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { createDynamoTable } from './dynamo-table.ts';
import { verdictKey } from './item-keys.ts';
import { parseItem } from './parse-item.ts';
import { verdictAttributes } from './verdict-schema.ts';
import type { VerdictStore } from './verdict-store.ts';

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
      const item = await table.read(verdictKey(ref, commit), 'eventual');
      if (item === null) return null;
      const { policyVersion, ...verdict } = parseItem(verdictAttributes, item);
      return { policyVersion, verdict };
    },
  };
}
