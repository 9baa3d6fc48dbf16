import { randomUUID } from 'node:crypto';
import { BatchGetItemCommand, BatchWriteItemCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, describe, expect, test } from 'vitest';
import { connect } from './connect.ts';

const cloud = await connect();
const client = new DynamoDBClient(cloud.settings);
const TableName = await cloud.createTable();
afterAll(cloud.close);

const createKeys = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ pk: { S: randomUUID() }, sk: { S: String(index) } }));

async function write(keys: ReturnType<typeof createKeys>, text: string): Promise<void> {
  const requests = keys.map((key) => ({ PutRequest: { Item: { ...key, text: { S: text } } } }));
  const answer = await client.send(new BatchWriteItemCommand({ RequestItems: { [TableName]: requests } }));
  expect(answer.UnprocessedItems ?? {}).toEqual({});
}

async function read(keys: ReturnType<typeof createKeys>) {
  const request = { [TableName]: { Keys: keys, ConsistentRead: true } };
  const answer = await client.send(new BatchGetItemCommand({ RequestItems: request }));
  const items = answer.Responses?.[TableName] ?? [];
  return { items, unprocessed: answer.UnprocessedKeys?.[TableName]?.Keys ?? [] };
}

describe('BatchWriteItem', () => {
  test('puts 25 items, not 26', async () => {
    const keys = createKeys(25);
    await write(keys, 'a');
    expect((await read(keys)).items).toHaveLength(25);
    await expect(write(createKeys(26), 'a')).rejects.toMatchObject({ name: 'ValidationException' });
  });

  test('refuses the same key twice', async () => {
    const [key] = createKeys(1);
    await expect(write(key ? [key, key] : [], 'a')).rejects.toMatchObject({ name: 'ValidationException' });
  });
});

describe('BatchGetItem', () => {
  test('gives those of 100 keys that exist, not of 101', async () => {
    const existing = createKeys(2);
    await write(existing, 'a');
    const { items, unprocessed } = await read([...existing, ...createKeys(98)]);
    expect(items.map(({ pk }) => pk?.S).sort()).toEqual(existing.map((key) => key.pk.S).sort());
    expect(unprocessed).toEqual([]);
    await expect(read(createKeys(101))).rejects.toMatchObject({ name: 'ValidationException' });
  });

  test('gives up to 16 MB at once and leaves the rest unprocessed', async () => {
    const keys = createKeys(50);
    const text = 'x'.repeat(390_000);
    await write(keys.slice(0, 25), text);
    await write(keys.slice(25), text);
    const first = await read(keys);
    expect(first.items.length).toBeGreaterThanOrEqual(40);
    expect(first.unprocessed.length).toBeGreaterThan(0);
    expect(first.items.length + first.unprocessed.length).toBe(50);
    const rest = await read(keys.filter((key) => first.unprocessed.some(({ pk }) => pk?.S === key.pk.S)));
    const seen = [...first.items, ...rest.items].map(({ pk }) => pk?.S);
    expect(seen.sort()).toEqual(keys.map((key) => key.pk.S).sort());
  });
});
