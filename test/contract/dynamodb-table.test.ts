import {
  type AttributeValue,
  DescribeTableCommand,
  DynamoDBClient,
  PutItemCommand,
  ResourceNotFoundException,
  ScanCommand,
} from '@aws-sdk/client-dynamodb';
import { afterAll, describe, expect, test } from 'vitest';
import { TABLE_KEYS } from './cloud.ts';
import { connect } from './connect.ts';

const cloud = await connect();
const client = new DynamoDBClient(cloud.settings);
const TableName = await cloud.createTable();
afterAll(cloud.close);

describe('Scan', () => {
  test('finds every item once, page by page, as it was put', async () => {
    const items = Array.from({ length: 25 }, (_, n) => ({
      ...{ pk: { S: `p${n % 4}` }, sk: { S: `s${n}` } },
      value: { M: { n: { N: String(n) }, bytes: { B: new Uint8Array([n, 0, 255]) } } },
    }));
    for (const Item of items) await client.send(new PutItemCommand({ TableName, Item }));
    const found: Record<string, AttributeValue>[] = [];
    let pages = 0;
    let next: Record<string, AttributeValue> | undefined;
    do {
      const scan = new ScanCommand({ TableName, ConsistentRead: true, ExclusiveStartKey: next, Limit: 10 });
      const page = await client.send(scan);
      expect(page.Items?.length).toBeLessThanOrEqual(10);
      found.push(...(page.Items ?? []));
      next = page.LastEvaluatedKey;
      pages += 1;
    } while (next !== undefined);
    const byKey = (item: Record<string, AttributeValue>) => `${item.pk?.S}:${item.sk?.S}`;
    expect(found.map(byKey).sort()).toEqual(items.map(byKey).sort());
    expect(new Map(found.map((item) => [byKey(item), item]))).toEqual(
      new Map(items.map((item) => [byKey(item), item])),
    );
    expect(pages).toBeGreaterThanOrEqual(3);
  });

  test('refuses a table that is not there', async () => {
    const scan = new ScanCommand({ TableName: 'no-such-table' });
    await expect(client.send(scan)).rejects.toBeInstanceOf(ResourceNotFoundException);
  });
});

describe('DescribeTable', () => {
  test('says that the table is active, and names its keys', async () => {
    const { Table: table } = await client.send(new DescribeTableCommand({ TableName }));
    expect(table).toMatchObject({ TableName, TableStatus: 'ACTIVE', KeySchema: TABLE_KEYS.KeySchema });
  });

  test('refuses a table that is not there', async () => {
    const describing = client.send(new DescribeTableCommand({ TableName: 'no-such-table' }));
    await expect(describing).rejects.toBeInstanceOf(ResourceNotFoundException);
  });
});
