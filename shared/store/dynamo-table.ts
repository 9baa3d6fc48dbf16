import { isDeepStrictEqual } from 'node:util';
import {
  type AttributeValue,
  ConditionalCheckFailedException,
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
} from '@aws-sdk/client-dynamodb';
import { type BatchAccess, createBatchAccess } from './dynamo-batch.ts';
import { type Item, toAttributes, toItem, toKeyAttributes } from './dynamo-item.ts';
import type { ItemKey } from './item-keys.ts';
import { createRecordConflictError } from './store-error.ts';

/** A condition in DynamoDB's expression language, with its values. */
export interface Condition {
  readonly expression: string;
  readonly values?: Readonly<Record<string, unknown>>;
}

export type Consistency = 'consistent' | 'eventual';

export interface SortRange {
  /** Only items whose sort key starts so. */
  readonly prefix?: string;
  /** Only items whose sort key is this or comes after it. */
  readonly from?: string;
  /** Only items that come after this sort key, in the order that is asked for. */
  readonly after?: string | undefined;
  readonly isDescending?: boolean;
  /** Consistent where nothing is said. */
  readonly consistency?: Consistency;
  /** At most so many items. */
  readonly limit?: number;
}

/** The single table, by plain values. Whatever DynamoDB itself throws goes through: it is retried by whoever called. */
export interface DynamoTable extends BatchAccess {
  read(key: ItemKey, consistency: Consistency): Promise<Item | null>;
  /** @returns false where the condition did not hold. */
  put(item: Item, condition?: Condition): Promise<boolean>;
  /** Adds a record that is never changed. The same record again is harmless. @throws record_conflict where another one has its key. */
  append(item: Item): Promise<void>;
  remove(key: ItemKey): Promise<void>;
  /** The items of a partition in the order of their sort keys, page by page. */
  query(pk: string, range?: SortRange): Promise<readonly Item[]>;
  /** The same, one page in memory at a time. */
  stream(pk: string, range?: SortRange): AsyncGenerator<Item, void, undefined>;
}

export const IS_NEW: Condition = { expression: 'attribute_not_exists(pk)' };

export function createDynamoTable(client: DynamoDBClient, table: string): DynamoTable {
  const read: DynamoTable['read'] = async (key, consistency) => {
    const command = new GetItemCommand({
      TableName: table,
      Key: toKeyAttributes(key),
      ConsistentRead: consistency === 'consistent',
    });
    const { Item: item } = await client.send(command);
    return item === undefined ? null : toItem(item);
  };

  const put: DynamoTable['put'] = async (item, condition) => {
    try {
      await client.send(
        new PutItemCommand({
          TableName: table,
          Item: toAttributes(item),
          ConditionExpression: condition?.expression,
          ExpressionAttributeValues: condition?.values === undefined ? undefined : toAttributes(condition.values),
        }),
      );
      return true;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return false;
      throw error;
    }
  };

  const stream: DynamoTable['stream'] = async function* (pk, range = {}) {
    const { after, isDescending = false, consistency = 'consistent', limit } = range;
    let next: Record<string, AttributeValue> | undefined;
    if (after !== undefined) next = toKeyAttributes({ pk, sk: after });
    let left = limit ?? Number.POSITIVE_INFINITY;
    do {
      const page = await client.send(
        new QueryCommand({
          TableName: table,
          ConsistentRead: consistency === 'consistent',
          ExclusiveStartKey: next,
          ScanIndexForward: !isDescending,
          Limit: limit === undefined ? undefined : left,
          ...within(pk, range),
        }),
      );
      for (const attributes of page.Items ?? []) yield toItem(attributes);
      left -= page.Items?.length ?? 0;
      next = page.LastEvaluatedKey;
    } while (next !== undefined && left > 0);
  };

  return {
    ...createBatchAccess(client, table),
    read,
    put,
    async append(item) {
      if (await put(item, IS_NEW)) return;
      const existing = await read(item, 'consistent');
      if (!isDeepStrictEqual(existing, item)) throw createRecordConflictError(item);
    },
    async remove(key) {
      await client.send(new DeleteItemCommand({ TableName: table, Key: toKeyAttributes(key) }));
    },
    async query(pk, range) {
      const items: Item[] = [];
      for await (const item of stream(pk, range)) items.push(item);
      return items;
    },
    stream,
  };
}

function within(pk: string, { prefix, from }: SortRange) {
  if (prefix !== undefined) {
    return {
      KeyConditionExpression: 'pk = :pk AND begins_with(sk, :prefix)',
      ExpressionAttributeValues: toAttributes({ ':pk': pk, ':prefix': prefix }),
    };
  }
  if (from !== undefined) {
    return {
      KeyConditionExpression: 'pk = :pk AND sk >= :from',
      ExpressionAttributeValues: toAttributes({ ':pk': pk, ':from': from }),
    };
  }
  return { KeyConditionExpression: 'pk = :pk', ExpressionAttributeValues: toAttributes({ ':pk': pk }) };
}
