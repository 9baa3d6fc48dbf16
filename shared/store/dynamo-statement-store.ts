import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import * as z from 'zod/mini';
import type { SignedStatement } from '../model/statement.ts';
import { createDynamoTable } from './dynamo-table.ts';
import { statementKey, statementPlace } from './item-keys.ts';
import { parseItem } from './parse-item.ts';
import { signedStatement } from './statement-schema.ts';
import type { StatementStore } from './statement-store.ts';

/** `place`: where it stands among all of its branch, as text whose order is theirs. */
const statementItem = z.strictObject({ place: z.string(), statement: signedStatement });

/** Signed statements in DynamoDB: `statement:<repository>` / `<branch>`. */
export function createDynamoStatementStore(client: DynamoDBClient, tableName: string): StatementStore {
  const table = createDynamoTable(client, tableName);
  return {
    async read(ref) {
      const item = await table.read(statementKey(ref), 'consistent');
      return item === null ? null : parseItem(statementItem, item).statement;
    },
    // Trust rule 6.2: two verifiers may come here in any order, the later statement stays.
    async put(ref, statement: SignedStatement) {
      const place = statementPlace(statement);
      await table.put(
        { ...statementKey(ref), place, statement },
        { expression: 'attribute_not_exists(pk) OR place <= :place', values: { ':place': place } },
      );
    },
  };
}
