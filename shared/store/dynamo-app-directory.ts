import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import * as z from 'zod/mini';
import type { RepositoryPolicy, SecretRef } from '../model/policy.ts';
import { normalizeRepositoryUrl } from '../model/repository-url.ts';
import { createDynamoTable, type DynamoTable } from './dynamo-table.ts';
import { text } from './field-schemas.ts';
import { appKey, appPartition, appUrlKey, type ItemKey, repositoryOfAppUrlKey } from './item-keys.ts';
import { parseItem } from './parse-item.ts';
import type { AppDirectory } from './policy-store.ts';

interface ListedApp {
  readonly webhook: SecretRef | null;
}

const listedApp: z.ZodMiniType<ListedApp> = z.strictObject({
  webhook: z.nullable(z.strictObject({ secretRef: text })),
});

/** Apps in DynamoDB: `app:<name>` / `app`, and `url:<SHA-256>:<repository>` for each repository that they fetch. */
export function createDynamoAppDirectory(client: DynamoDBClient, tableName: string): AppDirectory {
  const table = createDynamoTable(client, tableName);
  return {
    async readWebhook(app) {
      const item = await table.read(appKey(app), 'consistent');
      return item === null ? null : parseItem(listedApp, item).webhook;
    },
    async findRepositories(app, url) {
      const { pk, sk: prefix } = appUrlKey(app, hashUrl(url));
      return (await table.query(pk, { prefix })).map(repositoryOfAppUrlKey);
    },
  };
}

/** What the policy store keeps of apps as policies come and go. */
export interface AppListing {
  list(policy: RepositoryPolicy): Promise<void>;
  /** Takes out what `former` listed and `next` does not: the app too, where no repository is left. */
  unlist(former: RepositoryPolicy, next: RepositoryPolicy | null): Promise<void>;
}

export function createAppListing(table: DynamoTable): AppListing {
  return {
    async list(policy) {
      const listed = describe(policy);
      if (listed === null) return;
      const { webhook } = listed;
      await table.put({ ...appKey(listed.app), webhook } satisfies ListedApp & ItemKey);
      await table.put(listed.key);
    },
    async unlist(former, next) {
      const listed = describe(former);
      if (listed === null || isDeepStrictEqual(listed.key, next && describe(next)?.key)) return;
      await table.remove(listed.key);
      const [left] = await table.query(appPartition(listed.app), { prefix: 'url:', limit: 1 });
      if (left === undefined) await table.remove(appKey(listed.app));
    },
  };
}

function describe({ repository, url, credentials }: RepositoryPolicy) {
  if (credentials === null || !('app' in credentials)) return null;
  const { name, webhook } = credentials.app;
  const normal = normalizeRepositoryUrl(url);
  return normal === null ? null : { app: name, webhook, key: appUrlKey(name, hashUrl(normal), repository) };
}

function hashUrl(url: string): string {
  return createHash('sha256').update(url).digest('hex');
}
