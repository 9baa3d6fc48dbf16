import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { unitsOf } from './capacity.ts';
import { COUNTED, type Counted } from './counts.ts';
import { itemBytes } from './item-size.ts';
import { COST_PAGE } from './page.ts';
import { countScenarios, SCENARIOS } from './scenarios.ts';
import { readCounts } from './tables.ts';

// Where something came to cost more for a reason: `npm run cost -- --write`, and look at what changed in docs/cost.md.
it('nothing costs more requests than docs/cost.md says', async () => {
  const written = readCounts(await readFile(COST_PAGE, 'utf8'));
  const counted = await countScenarios();
  const risen = SCENARIOS.flatMap((scenario) =>
    (Object.keys(COUNTED) as Counted[]).flatMap((each) => {
      const [now, before] = [counted[scenario][each], written.get(scenario)?.[each] ?? Number.NaN];
      return now <= before ? [] : [`${scenario}: ${COUNTED[each]} ${before} → ${now}`];
    }),
  );
  expect(risen).toEqual([]);
});

// The examples and rules of DynamoDB's developer guide: "item sizes and formats", "read and write operations".
describe('a unit of capacity', () => {
  it('is counted from names and values of an item', () => {
    const item = {
      ...{
        pk: { S: 'ü' },
        n: { N: '-123.45' },
        b: { B: Buffer.from([1, 2, 3]).toString('base64') },
        t: { BOOL: true },
      },
      list: { L: [{ S: 'ab' }, { NULL: true }] },
      map: { M: { k: { S: 'v' } } },
    };
    expect(itemBytes(item)).toBe(2 + 2 + (1 + 5) + (1 + 3) + (1 + 1) + (4 + 3 + 3 + 2) + (3 + 3 + 2 + 1));
  });

  const itemOf = (bytes: number) => ({ pk: { S: 'x'.repeat(bytes - 2) } });

  it.each([
    ['GetItem', { ConsistentRead: true }, { Item: itemOf(4096) }, 1],
    ['GetItem', { ConsistentRead: true }, { Item: itemOf(4097) }, 2],
    ['GetItem', {}, { Item: itemOf(4097) }, 1],
    ['GetItem', {}, {}, 0.5],
    ['Query', { ConsistentRead: true }, { Items: Array.from({ length: 100 }, () => itemOf(41)) }, 2],
    [
      'BatchGetItem',
      { RequestItems: { table: { ConsistentRead: true, Keys: [itemOf(3), itemOf(4), itemOf(5)] } } },
      { Responses: { table: [itemOf(100), itemOf(5000)] } },
      4,
    ],
  ])('of %s is 4 kB, half of it where the read is eventually consistent', (operation, input, output, read) => {
    expect(unitsOf(operation, input, output, new Map())).toEqual({ read, write: 0 });
  });

  it('of a write is 1 kB of the larger of the old and the new item', () => {
    const sizes = new Map<string, number>();
    const put = (text: string) => ({ Item: { pk: { S: 'a' }, sk: { S: 'b' }, text: { S: text } } });
    expect(unitsOf('PutItem', put('x'.repeat(3000)), {}, sizes)).toEqual({ read: 0, write: 3 });
    expect(unitsOf('PutItem', put('x'), {}, sizes)).toEqual({ read: 0, write: 3 });
    expect(unitsOf('PutItem', put('x'), undefined, sizes)).toEqual({ read: 0, write: 1 });
    const many = Array.from({ length: 3 }, (_, n) => ({ PutRequest: { Item: itemOf(1000 + 24 * n) } }));
    expect(unitsOf('BatchWriteItem', { RequestItems: { table: many } }, {}, sizes)).toEqual({ read: 0, write: 4 });
  });
});
