import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import * as z from 'zod/mini';
import type { Item } from './dynamo-item.ts';
import { createDynamoTable, IS_NEW } from './dynamo-table.ts';
import { repositoryName, sha256, text, timestamp } from './field-schemas.ts';
import { listedTokenKey, TOKENS_PARTITION, tokenKey } from './item-keys.ts';
import { parseItem } from './parse-item.ts';
import { createCorruptItemError, createExistingTokenError, createUnknownTokenError } from './store-error.ts';
import type { AgentToken, TokenStore } from './token-store.ts';

const token: z.ZodMiniType<AgentToken> = z.strictObject({
  sha256,
  name: text,
  repositories: z.array(repositoryName),
  created: timestamp,
  expires: z.nullable(timestamp),
  revoked: z.nullable(timestamp),
});

/** Agents' tokens in DynamoDB: `token:<sha256>`, listed under `tokens` / `<sha256>`. */
export function createDynamoTokenStore(client: DynamoDBClient, tableName: string): TokenStore {
  const table = createDynamoTable(client, tableName);
  return {
    async read(digest) {
      const item = await table.read(tokenKey(digest), 'eventual');
      return item === null ? null : parseToken(item);
    },
    async list() {
      const listed = await table.query(TOKENS_PARTITION);
      const items = await table.readMany(listed.map((item) => tokenKey(item.sk)));
      return items.map(parseToken).toSorted((one, other) => (one.created < other.created ? -1 : 1));
    },
    async create(created) {
      await table.put(listedTokenKey(created.sha256));
      const written = await table.put({ ...tokenKey(created.sha256), ...created }, IS_NEW);
      if (!written) throw createExistingTokenError();
    },
    async revoke(digest, at) {
      const item = await table.read(tokenKey(digest), 'consistent');
      if (item === null) throw createUnknownTokenError();
      if (parseToken(item).revoked === null) await table.put({ ...item, revoked: at });
    },
  };
}

function parseToken(item: Item): AgentToken {
  const parsed = parseItem(token, item);
  if (item.pk !== tokenKey(parsed.sha256).pk) throw createCorruptItemError(item, 'sha256 (differs from its key)');
  return parsed;
}
