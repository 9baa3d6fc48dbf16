import { type AttributeValue, BatchWriteItemCommand, DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, describe, expect, test } from 'vitest';
import { connect } from './connect.ts';

const cloud = await connect();
const client = new DynamoDBClient(cloud.settings);
const TableName = await cloud.createTable();
afterAll(cloud.close);

const SORT_KEYS = [
  'branch:é',
  'branch:feature/50%25',
  'branch:main',
  'branch:main2',
  'event:000000000002:1',
  'event:000000000002:10',
  'event:000000000002:2',
  'event:000000000010:1',
  'event;',
  'seq:000000000001',
];

await fill('many', SORT_KEYS);
// Neighbours that a careless range would run into.
await fill('many2', ['branch:main']);
await fill('man', ['branch:main']);

async function fill(pk: string, sortKeys: readonly string[], more: Record<string, AttributeValue> = {}): Promise<void> {
  const requests = sortKeys.map((sk) => ({ PutRequest: { Item: { pk: { S: pk }, sk: { S: sk }, ...more } } }));
  await client.send(new BatchWriteItemCommand({ RequestItems: { [TableName]: requests } }));
}

/** All pages' sort keys, and how many pages there were. */
async function query(pk: string, condition = '', values: Record<string, string> = {}, options: object = {}) {
  const ExpressionAttributeValues = Object.fromEntries(
    Object.entries({ ':pk': pk, ...values }).map(([name, value]) => [name, { S: value }]),
  );
  const found: (string | undefined)[] = [];
  let pages = 0;
  let ExclusiveStartKey: Record<string, AttributeValue> | undefined;
  do {
    const page = await client.send(
      new QueryCommand({
        TableName,
        KeyConditionExpression: `pk = :pk ${condition}`,
        ExpressionAttributeValues,
        ExclusiveStartKey,
        ConsistentRead: true,
        ...options,
      }),
    );
    found.push(...(page.Items ?? []).map(({ sk }) => sk?.S));
    pages += 1;
    ExclusiveStartKey = page.LastEvaluatedKey;
  } while (ExclusiveStartKey !== undefined);
  return { found, pages };
}

/** As DynamoDB orders strings: by their UTF-8 bytes. */
const sorted = (keys: readonly string[]) => keys.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));

describe('Query', () => {
  test('gives one partition in the order of its sort keys’ bytes', async () => {
    expect(await query('many')).toEqual({ found: sorted(SORT_KEYS), pages: 1 });
    expect((await query('nobody')).found).toEqual([]);
  });

  test.each([
    'branch:',
    'branch:main',
    'branch:é',
    'event:000000000002:',
    'event:000000000002:1',
    'x',
    'seq:000000000001',
  ])('begins_with %s', async (prefix) => {
    const expected = sorted(SORT_KEYS.filter((key) => key.startsWith(prefix)));
    expect((await query('many', 'AND begins_with(sk, :prefix)', { ':prefix': prefix })).found).toEqual(expected);
  });

  test.each(['event:000000000002:10', 'event:000000000003', 'a', 'z'])('from %s on', async (from) => {
    const expected = sorted(SORT_KEYS).filter((key) => Buffer.from(key).compare(Buffer.from(from)) >= 0);
    expect((await query('many', 'AND sk >= :from', { ':from': from })).found).toEqual(expected);
  });

  test.each([1, 3, 7])('gives everything once in pages of %i, forwards and backwards', async (Limit) => {
    const forwards = await query('many', '', {}, { Limit });
    expect(forwards.found).toEqual(sorted(SORT_KEYS));
    expect(forwards.pages).toBeGreaterThanOrEqual(Math.ceil(SORT_KEYS.length / Limit));
    const backwards = await query('many', '', {}, { Limit, ScanIndexForward: false });
    expect(backwards.found).toEqual(sorted(SORT_KEYS).reverse());
    const events = await query('many', 'AND begins_with(sk, :prefix)', { ':prefix': 'event:' }, { Limit });
    expect(events.found).toEqual(sorted(SORT_KEYS.filter((key) => key.startsWith('event:'))));
  });

  test('pages at 1 MB', async () => {
    const keys = Array.from({ length: 10 }, (_, index) => `chunk:${index}`);
    await fill('large', keys, { text: { S: 'x'.repeat(300_000) } });
    const { found, pages } = await query('large');
    expect(found).toEqual(keys);
    expect(pages).toBeGreaterThanOrEqual(3);
  });
});
