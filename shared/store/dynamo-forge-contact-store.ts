import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import * as z from 'zod/mini';
import { createDynamoTable } from './dynamo-table.ts';
import { positive, timestamp } from './field-schemas.ts';
import type { FailedContact, ForgeContactStore } from './forge-contact-store.ts';
import { contactKey } from './item-keys.ts';

const failedContact: z.ZodMiniType<FailedContact> = z.strictObject({ failures: positive, nextAt: timestamp });

/** Failed contacts in DynamoDB: `contact:<party>` / `contact`. */
export function createDynamoForgeContactStore(client: DynamoDBClient, tableName: string): ForgeContactStore {
  const table = createDynamoTable(client, tableName);
  return {
    async read(party) {
      const { pk, sk, ...attributes } = (await table.read(contactKey(party), 'eventual')) ?? contactKey(party);
      return failedContact.safeParse(attributes).data ?? null;
    },
    async write(party, contact) {
      await table.put({ ...contactKey(party), ...contact });
    },
    remove: (party) => table.remove(contactKey(party)),
  };
}
