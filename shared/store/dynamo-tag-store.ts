import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { BranchRef } from '../model/branch-ref.ts';
import { allTagsOf, tagOfRefName } from '../model/tag-ref.ts';
import type { GuardedTags, TagState } from '../model/tag-state.ts';
import { stillAt } from './dynamo-branch-store.ts';
import type { Item } from './dynamo-item.ts';
import { createDynamoTable, type DynamoTable } from './dynamo-table.ts';
import { tagKey, tagPartition } from './item-keys.ts';
import { parseItem } from './parse-item.ts';
import { createCorruptItemError } from './store-error.ts';
import { guardedTagsAttributes, tagAttributes } from './tag-schema.ts';
import type { StateStore, TagStore } from './tag-store.ts';

/** Tag items in DynamoDB: `tag:<repository>` / `refs/tags/<tag>`, and `refs/tags` for all together. */
export function createDynamoTagStore(client: DynamoDBClient, tableName: string): TagStore {
  const table = createDynamoTable(client, tableName);
  return {
    ...createStateStore(table, parseTagItem, (state: TagState) => ({ trusted: state.trusted?.oid ?? null })),
    list: async (repository) => {
      const items = await table.query(tagPartition(repository), { prefix: `${allTagsOf(repository).branch}/` });
      return items.map((item) => parseTagItem({ repository, branch: item.sk }, item));
    },
    guarded: createStateStore(
      table,
      (ref, item): GuardedTags => ({ ref, ...parseItem(guardedTagsAttributes, item) }),
      () => ({}),
    ),
    isGuarded: async (repository) => (await table.read(tagKey(allTagsOf(repository)), 'eventual')) !== null,
  };
}

/** @param encode - those attributes that are stored otherwise */
function createStateStore<State extends { readonly ref: BranchRef; readonly version: number }>(
  table: DynamoTable,
  parse: (ref: BranchRef, item: Item) => State,
  encode: (state: State) => object,
): StateStore<State> {
  const read = async (ref: BranchRef, consistency: 'consistent' | 'eventual'): Promise<State | null> => {
    const item = await table.read(tagKey(ref), consistency);
    return item === null ? null : parse(ref, item);
  };
  return {
    read: (ref) => read(ref, 'consistent'),
    readForPublication: (ref) => read(ref, 'eventual'),
    // Trust rule 5.1, as with branches.
    write: async (state) => {
      const { ref, ...attributes } = state;
      const version = state.version + 1;
      const item = { ...tagKey(ref), ...attributes, ...encode(state), version };
      return (await table.put(item, stillAt(state.version))) ? { ...state, version } : null;
    },
  };
}

function parseTagItem(ref: BranchRef, item: Item): TagState {
  if (tagOfRefName(item.sk) === null) throw createCorruptItemError(item, 'its sort key is no name of a tag');
  return { ref, ...parseItem(tagAttributes, item) };
}
