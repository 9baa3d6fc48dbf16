import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import * as z from 'zod/mini';
import type { Item } from './dynamo-item.ts';
import { createDynamoTable } from './dynamo-table.ts';
import { oneOf, text, timestamp } from './field-schemas.ts';
import { listedSecretKey, SECRETS_PARTITION, secretKey } from './item-keys.ts';
import { parseItem } from './parse-item.ts';
import type { SealedSecret, SecretPurpose, SecretStore } from './secret-store.ts';
import { createCorruptItemError } from './store-error.ts';

const sealedSecret: z.ZodMiniType<SealedSecret> = z.strictObject({
  name: text,
  purpose: oneOf<SecretPurpose>({ webhook: true, git: true, app: true, status: true, canary: true }),
  ciphertexts: z.array(z.instanceof(Uint8Array)),
  updated: timestamp,
});

/** Sealed credentials in DynamoDB: `secret:<name>`, listed under `secrets` / `<name>` (trust rule 7.1). */
export function createDynamoSecretStore(client: DynamoDBClient, tableName: string): SecretStore {
  const table = createDynamoTable(client, tableName);
  return {
    async read(name) {
      const item = await table.read(secretKey(name), 'consistent');
      return item === null ? null : parseSecret(item);
    },
    async list() {
      const listed = await table.query(SECRETS_PARTITION);
      const items = await table.readMany(listed.map((item) => secretKey(item.sk)));
      return items.map(parseSecret).toSorted((one, other) => (one.name < other.name ? -1 : 1));
    },
    async write(secret) {
      await table.put(listedSecretKey(secret.name));
      await table.put({ ...secretKey(secret.name), ...secret });
    },
    async drop(name) {
      await table.remove(secretKey(name));
      await table.remove(listedSecretKey(name));
    },
  };
}

function parseSecret(item: Item): SealedSecret {
  const parsed = parseItem(sealedSecret, item);
  if (item.pk !== secretKey(parsed.name).pk) throw createCorruptItemError(item, 'name (differs from its key)');
  return parsed;
}
