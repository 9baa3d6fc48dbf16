import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { isBranchName } from '../model/branch-ref.ts';
import type { BranchState } from '../model/branch-state.ts';
import { HeadlockError } from '../model/headlock-error.ts';
import { branchAttributes } from './branch-schema.ts';
import type { BranchStore } from './branch-store.ts';
import type { Item } from './dynamo-item.ts';
import { type Condition, createDynamoTable, IS_NEW } from './dynamo-table.ts';
import { branchKey, branchPartition } from './item-keys.ts';
import { parseItem } from './parse-item.ts';
import { createCorruptItemError } from './store-error.ts';

/** Branch items in DynamoDB: `branch:<repository>` / `<branch>`. */
export function createDynamoBranchStore(client: DynamoDBClient, tableName: string): BranchStore {
  const table = createDynamoTable(client, tableName);
  return {
    async read(ref) {
      const item = await table.read(branchKey(ref), 'consistent');
      return item === null ? null : parseBranch(ref.repository, item);
    },
    async readForPublication(ref) {
      const item = await table.read(branchKey(ref), 'eventual');
      return item === null ? null : parseBranch(ref.repository, item);
    },
    async list(repository) {
      const items = await table.query(branchPartition(repository));
      return items.map((item) => parseBranch(repository, item));
    },
    async listForPublication(repository) {
      const items = await table.query(branchPartition(repository), { consistency: 'eventual' });
      return items.map((item) => parseBranch(repository, item));
    },
    async listEach(repository) {
      const items = await table.query(branchPartition(repository));
      return items.map((item) => ({
        ref: { repository, branch: item.sk },
        state: readOrNull(() => parseBranch(repository, item)),
      }));
    },
    // Trust rule 5.1: one conditional write that names the version it read. Where the SDK tried again after an answer that
    // was lost, our own first try looks like somebody else's: the caller starts from a fresh read either way.
    async write(state) {
      const { ref, trusted, ...attributes } = state;
      const version = state.version + 1;
      const item = { ...branchKey(ref), ...attributes, trusted: trusted?.oid ?? null, version };
      const written = await table.put(item, stillAt(state.version));
      return written ? { ...state, version } : null;
    },
  };
}

/** The item is as it was read: none for version 0. */
export function stillAt(version: number): Condition {
  return version === 0 ? IS_NEW : { expression: 'version = :read', values: { ':read': version } };
}

function parseBranch(repository: string, item: Item): BranchState {
  if (!isBranchName(item.sk)) throw createCorruptItemError(item, 'its sort key is no branch name');
  return { ref: { repository, branch: item.sk }, ...parseItem(branchAttributes, item) };
}

function readOrNull<Value>(read: () => Value): Value | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof HeadlockError && error.code === 'corrupt_item') return null;
    throw error;
  }
}
