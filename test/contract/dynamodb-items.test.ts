import { randomUUID } from 'node:crypto';
import {
  type AttributeValue,
  ConditionalCheckFailedException,
  DeleteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  ResourceNotFoundException,
} from '@aws-sdk/client-dynamodb';
import { afterAll, describe, expect, test } from 'vitest';
import { connect } from './connect.ts';

const cloud = await connect();
const client = new DynamoDBClient(cloud.settings);
const TableName = await cloud.createTable();
afterAll(cloud.close);

type Item = Record<string, AttributeValue>;
const createKey = () => ({ pk: { S: randomUUID() }, sk: { S: 'x' } });
const get = async (Key: Item) => (await client.send(new GetItemCommand({ TableName, Key, ConsistentRead: true }))).Item;
const put = (Item: Item, condition: object = {}) => client.send(new PutItemCommand({ TableName, Item, ...condition }));

describe('PutItem and GetItem', () => {
  test('give back every type as it was put', async () => {
    const key = createKey();
    const item: Item = {
      ...key,
      string: { S: 'ü \u{1F512} \n' },
      empty: { S: '' },
      number: { N: '12345678901234567890123456789012345678' },
      binary: { B: new Uint8Array([0, 255, 10]) },
      yes: { BOOL: true },
      nothing: { NULL: true },
      map: { M: { list: { L: [{ S: 'a' }, { M: {} }] } } },
      set: { SS: ['a', 'b'] },
    };
    await put(item);
    expect(await get(key)).toEqual(item);
  });

  test('replace the whole item', async () => {
    const key = createKey();
    await put({ ...key, former: { S: 'a' } });
    await put({ ...key, latter: { S: 'b' } });
    expect(await get(key)).toEqual({ ...key, latter: { S: 'b' } });
  });

  test('know no item under another key', async () => {
    expect(await get(createKey())).toBeUndefined();
  });

  test('refuse a table that is not there', async () => {
    const command = new GetItemCommand({ TableName: 'no-such-table', Key: createKey() });
    await expect(client.send(command)).rejects.toBeInstanceOf(ResourceNotFoundException);
  });

  test('take an item of 400 kB and not a byte more', async () => {
    const key = createKey();
    const names = 'pk'.length + key.pk.S.length + 'sk'.length + key.sk.S.length + 'text'.length;
    const text = 'x'.repeat(400 * 1024 - names);
    await put({ ...key, text: { S: text } });
    expect(await get(key)).toEqual({ ...key, text: { S: text } });
    const tooLarge = put({ ...createKey(), text: { S: `${text}x` } });
    await expect(tooLarge).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringContaining('Item size has exceeded the maximum allowed size'),
    });
  });
});

describe('a condition', () => {
  const isNew = { ConditionExpression: 'attribute_not_exists(pk)' };
  const isVersion = (version: number) => ({
    ConditionExpression: '#version = :version',
    ExpressionAttributeNames: { '#version': 'version' },
    ExpressionAttributeValues: { ':version': { N: String(version) } },
  });

  test('that does not hold leaves the item as it is', async () => {
    const key = createKey();
    await put({ ...key, version: { N: '1' } }, isNew);
    await expect(put({ ...key, version: { N: '9' } }, isNew)).rejects.toBeInstanceOf(ConditionalCheckFailedException);
    await expect(put({ ...key, version: { N: '9' } }, isVersion(2))).rejects.toBeInstanceOf(
      ConditionalCheckFailedException,
    );
    expect(await get(key)).toEqual({ ...key, version: { N: '1' } });
  });

  test('on an attribute of an item that is not there does not hold', async () => {
    await expect(put(createKey(), isVersion(1))).rejects.toBeInstanceOf(ConditionalCheckFailedException);
  });

  test('lets one of fifty writers through, version after version', async () => {
    const key = createKey();
    for (let version = 0; version < 5; version += 1) {
      const writes = Array.from({ length: 50 }, (_, writer) =>
        put(
          { ...key, version: { N: String(version + 1) }, writer: { N: String(writer) } },
          version === 0 ? isNew : isVersion(version),
        ),
      );
      const outcomes = await Promise.allSettled(writes);
      const winners = outcomes.flatMap(({ status }, writer) => (status === 'fulfilled' ? [writer] : []));
      const refusals = outcomes.filter(
        (outcome) => outcome.status === 'rejected' && outcome.reason instanceof ConditionalCheckFailedException,
      );
      expect([winners.length, refusals.length]).toEqual([1, 49]);
      expect(await get(key)).toMatchObject({ writer: { N: String(winners[0]) } });
    }
  });

  test('names a reserved word only through a placeholder', async () => {
    const key = createKey();
    await put({ ...key, name: { S: 'a' } });
    const plain = { ConditionExpression: 'name = :name', ExpressionAttributeValues: { ':name': { S: 'a' } } };
    await expect(put(key, plain)).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringContaining('reserved keyword: name'),
    });
    const placeholder = { ...plain, ConditionExpression: '#n = :name', ExpressionAttributeNames: { '#n': 'name' } };
    await put(key, placeholder);
    expect(await get(key)).toEqual(key);
  });
});

describe('DeleteItem', () => {
  test('removes the item, and removing nothing is no fault', async () => {
    const key = createKey();
    await put(key);
    await client.send(new DeleteItemCommand({ TableName, Key: key }));
    await client.send(new DeleteItemCommand({ TableName, Key: key }));
    expect(await get(key)).toBeUndefined();
  });
});
