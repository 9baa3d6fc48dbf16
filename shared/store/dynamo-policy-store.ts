import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import * as z from 'zod/mini';
import type { RepositoryPolicy } from '../model/policy.ts';
import type { Signatory } from '../model/signatory.ts';
import { repositoryPolicy, signatories as signatoriesSchema } from './applied-policy-schema.ts';
import { createAppListing } from './dynamo-app-directory.ts';
import { type Condition, createDynamoTable, type DynamoTable, IS_NEW } from './dynamo-table.ts';
import { count, positive, sha256 } from './field-schemas.ts';
import {
  currentPolicyKey,
  keyringChunkKey,
  policyVersionKey,
  REPOSITORIES_PARTITION,
  repositoryKey,
} from './item-keys.ts';
import { cutKeyring, joinKeyring, type KeyringBinding } from './keyring-chunks.ts';
import { parseItem } from './parse-item.ts';
import type { PolicyStore } from './policy-store.ts';
import { createCorruptItemError, createPolicyConflictError } from './store-error.ts';

/** One version, and a copy of the newest under `current`: reading a policy takes one request. */
interface PolicyRecord {
  readonly version: number;
  readonly policy: RepositoryPolicy;
  readonly keyring: KeyringBinding;
}

interface CurrentPolicy extends PolicyRecord {
  readonly retired: boolean;
}

const currentPolicy: z.ZodMiniType<CurrentPolicy> = z.strictObject({
  version: positive,
  policy: repositoryPolicy,
  keyring: z.strictObject({ chunks: count, sha256 }),
  retired: z.boolean(),
});
const keyringChunk = z.strictObject({ bytes: z.instanceof(Uint8Array) });

/** Numbers that abandoned applies may have left behind, one after the other. */
const MAX_ABANDONED = 100;

/**
 * Policies in DynamoDB: `policy:<repository>` / `v:<n>`, `v:<n>:keys:<i>` and `current`; `repositories` / `<repository>`. What
 * they say of apps is listed beside them, by `dynamo-app-directory.ts`.
 */
export function createDynamoPolicyStore(client: DynamoDBClient, tableName: string): PolicyStore {
  const table = createDynamoTable(client, tableName);
  const apps = createAppListing(table);

  const readCurrent = async (repository: string): Promise<CurrentPolicy | null> => {
    const item = await table.read(currentPolicyKey(repository), 'consistent');
    return item === null ? null : parseItem(currentPolicy, item);
  };

  return {
    async listRepositories() {
      const items = await table.query(REPOSITORIES_PARTITION);
      return items.map((item) => item.sk);
    },
    async readPolicy(repository) {
      const current = await readCurrent(repository);
      return current === null || current.retired ? null : { version: current.version, policy: current.policy };
    },
    async readApplied(repository) {
      const current = await readCurrent(repository);
      if (current === null || current.retired) return null;
      const { version, policy } = current;
      return { version, policy, signatories: await readKeyring(table, current) };
    },
    async add(policy, signatories, expectedVersion) {
      const { repository } = policy;
      const former = await readCurrent(repository);
      if ((former === null || former.retired ? 0 : former.version) !== expectedVersion) return null;
      const { binding, chunks } = cutKeyring(signatories);
      const version = await claimVersion(table, policy, binding, (former?.version ?? 0) + 1);
      for (const [i, bytes] of chunks.entries()) {
        const key = keyringChunkKey(repository, version, i);
        if (!(await table.put({ ...key, bytes }, IS_NEW))) throw createPolicyConflictError(repository);
      }
      await table.put(repositoryKey(repository));
      // Before the policy counts: whoever finds the repository so reads its policy, and believes that.
      await apps.list(policy);
      const current = { version, policy, keyring: binding, retired: false } satisfies CurrentPolicy;
      const written = await table.put({ ...currentPolicyKey(repository), ...current }, stillAt(former));
      if (!written) return null;
      if (former !== null) await apps.unlist(former.policy, policy);
      return { version, policy, signatories };
    },
    async retire(repository) {
      const current = await readCurrent(repository);
      if (current !== null && !current.retired) {
        const item = { ...currentPolicyKey(repository), ...current, retired: true };
        if (!(await table.put(item, stillAt(current)))) throw createPolicyConflictError(repository);
      }
      if (current !== null) await apps.unlist(current.policy, null);
      await table.remove(repositoryKey(repository));
    },
  };
}

/** Writes the version under the next free number: one that an abandoned apply left behind is skipped, never written over. */
async function claimVersion(
  table: DynamoTable,
  policy: RepositoryPolicy,
  keyring: KeyringBinding,
  next: number,
): Promise<number> {
  for (let version = next; version < next + MAX_ABANDONED; version++) {
    const record = { version, policy, keyring } satisfies PolicyRecord;
    if (await table.put({ ...policyVersionKey(policy.repository, version), ...record }, IS_NEW)) return version;
  }
  throw createCorruptItemError(policyVersionKey(policy.repository, next), 'too many versions were never made current');
}

async function readKeyring(table: DynamoTable, current: CurrentPolicy): Promise<readonly Signatory[]> {
  const { repository } = current.policy;
  const keys = Array.from({ length: current.keyring.chunks }, (_, i) =>
    keyringChunkKey(repository, current.version, i),
  );
  const found = new Map((await table.readMany(keys)).map((item) => [item.sk, item]));
  const items = keys.flatMap((key) => found.get(key.sk) ?? []);
  const chunks = items.map((item) => parseItem(keyringChunk, item).bytes);
  const signatories = signatoriesSchema.safeParse(joinKeyring(current.keyring, chunks));
  if (!signatories.success) throw createCorruptItemError(policyVersionKey(repository, current.version), 'its keyring');
  return signatories.data;
}

function stillAt(current: CurrentPolicy | null): Condition {
  if (current === null) return IS_NEW;
  const values = { ':version': current.version, ':retired': current.retired };
  return { expression: 'version = :version AND retired = :retired', values };
}
