import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import { createBatchAccess } from '../../../shared/store/dynamo-batch.ts';
import { createDynamoClient } from '../../../shared/store/dynamo-client.ts';
import { TABLE, useEmbeddedServices } from '../../support/embedded-services.ts';

useEmbeddedServices();

type Batches = Record<string, { Keys: unknown[] } | unknown[]>;

/** A client whose DynamoDB takes only so many items of each batch, as the real one does when it is throttled. */
function createThrottledClient(takes: (attempt: number) => number): { client: DynamoDBClient; attempts: () => number } {
  const client = createDynamoClient();
  let attempts = 0;
  client.middlewareStack.add(
    (next) => async (args) => {
      const { RequestItems: all } = args.input as { RequestItems: Batches };
      const requests = all[TABLE];
      const list = Array.isArray(requests) ? requests : (requests?.Keys ?? []);
      const taken = list.splice(0, takes(attempts++));
      const left = list.splice(0);
      list.push(...taken);
      const unprocessed = { [TABLE]: Array.isArray(requests) ? left : { ...requests, Keys: left } };
      const result =
        taken.length === 0 ? { output: { $metadata: {} }, response: null } : ((await next(args)) as { output: object });
      Object.assign(result.output, left.length > 0 && { UnprocessedItems: unprocessed, UnprocessedKeys: unprocessed });
      return result as Awaited<ReturnType<typeof next>>;
    },
    { step: 'initialize' },
  );
  return { client, attempts: () => attempts };
}

const createItems = (pk: string, count: number) =>
  Array.from({ length: count }, (_, i) => ({ pk, sk: String(i).padStart(4, '0'), value: i }));
const inOrder = (items: readonly { sk: string }[]) => items.toSorted((one, other) => (one.sk < other.sk ? -1 : 1));

describe('createBatchAccess', () => {
  it('asks again for what DynamoDB left unprocessed, until all is written and read', async () => {
    const items = createItems('batch:partial', 130);
    const { client, attempts } = createThrottledClient((attempt) => (attempt % 3 === 0 ? 0 : 11));
    const access = createBatchAccess(client, TABLE);
    await access.putMany(items);
    expect(inOrder(await access.readMany(items))).toEqual(items);
    expect(attempts()).toBeGreaterThan(24);
  });

  it('gives up, as something to try again, where nothing goes through', async () => {
    const { client, attempts } = createThrottledClient(() => 0);
    const writing = createBatchAccess(client, TABLE).putMany(createItems('batch:stalled', 1));
    await expect(writing).rejects.toMatchObject({ code: 'store_throttled', retryable: true });
    expect(attempts()).toBe(6);
  });

  it('reads only what exists, and asks nothing for nothing', async () => {
    const access = createBatchAccess(createDynamoClient(), TABLE);
    const items = createItems('batch:exists', 3);
    await access.putMany(items.slice(0, 2));
    await access.putMany([]);
    expect(inOrder(await access.readMany(items))).toEqual(items.slice(0, 2));
    expect(await access.readMany([])).toEqual([]);
  });
});
