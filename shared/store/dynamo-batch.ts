import { setTimeout as delay } from 'node:timers/promises';
import {
  type AttributeValue,
  BatchGetItemCommand,
  BatchWriteItemCommand,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import { type Item, toAttributes, toItem, toKeyAttributes } from './dynamo-item.ts';
import type { ItemKey } from './item-keys.ts';
import { createThrottledError } from './store-error.ts';

/** Many items in few requests; what DynamoDB leaves unprocessed is asked again. */
export interface BatchAccess {
  /** The items of those keys that exist, in no order, read consistently. Keys must differ. */
  readMany(keys: readonly ItemKey[]): Promise<readonly Item[]>;
  /** Writes unconditionally. Keys must differ. */
  putMany(items: readonly Item[]): Promise<void>;
}

type Attributes = Record<string, AttributeValue>;

const MAX_READS = 100;
const MAX_WRITES = 25;
const PARALLEL_REQUESTS = 4;
const MAX_STALLED_ATTEMPTS = 6;
const BASE_DELAY_MS = 30;

export function createBatchAccess(client: DynamoDBClient, table: string): BatchAccess {
  return {
    async readMany(keys) {
      const found: Item[] = [];
      await inBatches(keys.map(toKeyAttributes), MAX_READS, async (batch) => {
        const request = { [table]: { Keys: batch, ConsistentRead: true } };
        const answer = await client.send(new BatchGetItemCommand({ RequestItems: request }));
        found.push(...(answer.Responses?.[table] ?? []).map(toItem));
        return answer.UnprocessedKeys?.[table]?.Keys ?? [];
      });
      return found;
    },
    async putMany(items) {
      await inBatches(items.map(toAttributes), MAX_WRITES, async (batch) => {
        const requests = batch.map((attributes) => ({ PutRequest: { Item: attributes } }));
        const answer = await client.send(new BatchWriteItemCommand({ RequestItems: { [table]: requests } }));
        return (answer.UnprocessedItems?.[table] ?? []).flatMap(({ PutRequest: put }) =>
          put?.Item === undefined ? [] : [put.Item],
        );
      });
    },
  };
}

/** Sends every batch until nothing of it is left, a few batches at a time. `send` returns what was left unprocessed. */
async function inBatches(
  all: readonly Attributes[],
  size: number,
  send: (batch: Attributes[]) => Promise<Attributes[]>,
): Promise<void> {
  let next = 0;
  const work = async () => {
    while (next < all.length) {
      const start = next;
      next += size;
      await untilProcessed(all.slice(start, next), send);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL_REQUESTS }, work));
}

/** A batch of which some went through goes on; one of which nothing does, several times in a row, is given up. */
async function untilProcessed(
  batch: Attributes[],
  send: (batch: Attributes[]) => Promise<Attributes[]>,
): Promise<void> {
  let left = batch;
  for (let stalled = 0; stalled < MAX_STALLED_ATTEMPTS; ) {
    const before = left.length;
    left = await send(left);
    if (left.length === 0) return;
    stalled = left.length < before ? 1 : stalled + 1;
    await delay(Math.random() * BASE_DELAY_MS * 2 ** stalled);
  }
  throw createThrottledError();
}
