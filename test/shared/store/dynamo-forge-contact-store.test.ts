import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { expect, it } from 'vitest';
import { createDynamoClient } from '../../../shared/store/dynamo-client.ts';
import { createDynamoForgeContactStore } from '../../../shared/store/dynamo-forge-contact-store.ts';
import { TABLE, useEmbeddedServices } from '../../support/embedded-services.ts';

useEmbeddedServices();

const PARTY = 'https://git.example.com token';

it('keeps a failed contact until it is forgotten, each party apart', async () => {
  const store = createDynamoForgeContactStore(createDynamoClient(), TABLE);
  expect(await store.read(PARTY)).toBeNull();
  const first = { failures: 1, nextAt: '2026-11-21T12:05:00.000Z' };
  await store.write(PARTY, first);
  expect(await store.read(PARTY)).toEqual(first);
  expect(await store.read('shop')).toBeNull();
  const second = { failures: 2, nextAt: '2026-11-21T12:15:00.000Z' };
  await store.write(PARTY, second);
  expect(await store.read(PARTY)).toEqual(second);
  await store.remove(PARTY);
  await store.remove(PARTY);
  expect(await store.read(PARTY)).toBeNull();
});

it.each([
  {},
  { failures: 0, nextAt: '2026-11-21T12:05:00.000Z' },
  { failures: 1, nextAt: 'soon' },
  { failures: 1, nextAt: '2026-11-21T12:05:00.000Z', unknown: true },
])('takes %o for none: it would only delay a sweep', async (attributes) => {
  const client = createDynamoClient();
  const item = { pk: `contact:${PARTY}`, sk: 'contact', ...attributes };
  await client.send(new PutItemCommand({ TableName: TABLE, Item: marshall(item) }));
  expect(await createDynamoForgeContactStore(client, TABLE).read(PARTY)).toBeNull();
});
