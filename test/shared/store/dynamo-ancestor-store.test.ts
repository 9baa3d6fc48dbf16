import { type DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import type { BranchRef } from '../../../shared/model/branch-ref.ts';
import { type Oid, parseOid } from '../../../shared/model/oid.ts';
import type { IndexedRevision } from '../../../shared/store/ancestor-store.ts';
import { createDynamoAncestorStore } from '../../../shared/store/dynamo-ancestor-store.ts';
import { createDynamoClient } from '../../../shared/store/dynamo-client.ts';
import { type Item, toAttributes } from '../../../shared/store/dynamo-item.ts';
import { createDynamoTable } from '../../../shared/store/dynamo-table.ts';
import { CutOff } from '../../support/cut-off.ts';
import { TABLE, useEmbeddedServices } from '../../support/embedded-services.ts';

useEmbeddedServices();

/** Of three ids a chunk. */
const createStore = (client = createDynamoClient()) => createDynamoAncestorStore(client, TABLE, 60);
const createTable = () => createDynamoTable(createDynamoClient(), TABLE);
let branches = 0;
const newRef = (): BranchRef => {
  branches += 1;
  return { repository: 'damaged', branch: `branch-${branches}` };
};
const itemsOf = ({ repository, branch }: BranchRef) => createTable().query(`ancestors:${repository}:${branch}`);
const put = (item: Item) =>
  createDynamoClient().send(new PutItemCommand({ TableName: TABLE, Item: toAttributes(item) }));

const idOf = (n: number): Oid => parseOid(n.toString(16).padStart(40, '0'));
const idsFrom = (start: number, count: number) => Array.from({ length: count }, (_, n) => idOf(start + n));
/** Two chunks each. */
const BASE = idsFrom(0, 5);
const ADDED = idsFrom(50, 4);
const FROM = { revision: idOf(3), sequence: 3 };
const TO = { revision: idOf(50), sequence: 4 };

async function fill(ref: BranchRef, store = createStore()): Promise<void> {
  await store.write(ref, FROM, BASE);
  await store.extend(ref, FROM, TO.revision, ADDED);
}

async function readSize(ref: BranchRef, of: IndexedRevision): Promise<number | null> {
  const found = await createStore().read(ref, of);
  return found === null ? null : new Set(found).size;
}

describe('createDynamoAncestorStore', () => {
  it('keeps chunks by sequence, each with its revision and their count', async () => {
    const ref = newRef();
    await fill(ref);
    const items = await itemsOf(ref);
    expect(
      items.map(({ sk, revision, previous, additions, chunks }) => [sk, revision, previous, additions, chunks]),
    ).toEqual([
      ['000000000003:0000', FROM.revision, null, 0, 2],
      ['000000000003:0001', FROM.revision, null, 0, 2],
      ['000000000004:0000', TO.revision, FROM.revision, 1, 2],
      ['000000000004:0001', TO.revision, FROM.revision, 1, 2],
    ]);
    expect(await readSize(ref, TO)).toBe(9);
  });

  it('is missing as a whole where any item of it is missing or was changed (rule 1.6)', async () => {
    const ref = newRef();
    await fill(ref);
    const items = await itemsOf(ref);
    const changed = (ids: unknown) => {
      const bytes = Buffer.from(ids as Uint8Array);
      bytes[0] = (bytes[0] ?? 0) ^ 1;
      return bytes;
    };
    for (const [n, item] of items.entries()) {
      const damages: readonly Item[] = [
        { ...item, ids: changed(item.ids) },
        { ...item, ids: (item.ids as Uint8Array).subarray(20) },
        { ...item, ids: 'none' },
        { ...item, later: true },
        { ...item, chunks: 0 },
        ...(n % 2 === 1
          ? []
          : [
              { ...item, chunks: 1 },
              { ...item, chunks: 1_000_000_000_000 },
              { ...item, revision: idOf(8) },
              { ...item, previous: idOf(8) },
              { ...item, additions: 2 },
            ]),
      ];
      for (const damaged of damages) {
        await put(damaged);
        expect(await readSize(ref, TO)).toBeNull();
      }
      await createTable().remove(item);
      expect(await readSize(ref, TO)).toBeNull();
      await put(item);
      expect(await readSize(ref, TO)).toBe(9);
    }
  });

  it('takes no part for that of another sequence', async () => {
    const ref = newRef();
    await fill(ref);
    for (const item of (await itemsOf(ref)).slice(0, 2))
      await put({ ...item, sk: item.sk.replace(/^0*3/, '000000000005') });
    expect(await readSize(ref, { ...FROM, sequence: 5 })).toBeNull();
    expect(await readSize(ref, FROM)).toBe(5);
  });

  it('removes what is of no more use, and nothing else', async () => {
    const [ref, other] = [newRef(), newRef()];
    await fill(ref);
    await fill(other);
    await createStore().write(ref, TO, [...BASE, ...ADDED]);
    expect(await readSize(ref, TO)).toBe(9);
    expect(await readSize(ref, FROM)).toBeNull();
    expect(new Set((await itemsOf(ref)).map(({ sk }) => sk.split(':')[0]))).toEqual(new Set(['000000000004']));
    expect(await readSize(other, FROM)).toBe(5);
    // A slow one is late with the sequence before: what is newer stays.
    await createStore().write(ref, FROM, BASE);
    expect(await readSize(ref, TO)).toBe(9);
  });

  it('is written anew as a whole after a hundred advances', async () => {
    const ref = newRef();
    const store = createDynamoAncestorStore(createDynamoClient(), TABLE);
    await store.write(ref, { revision: idOf(0), sequence: 1 }, [idOf(0)]);
    const grow = (n: number) => store.extend(ref, { revision: idOf(n - 1), sequence: n }, idOf(n), [idOf(n)]);
    for (let n = 1; n <= 100; n += 1) await grow(n);
    expect(await itemsOf(ref)).toHaveLength(101);
    await grow(101);
    expect(await itemsOf(ref)).toMatchObject([{ previous: null, additions: 0, chunks: 1 }]);
    await grow(102);
    const found = await store.read(ref, { revision: idOf(102), sequence: 103 });
    expect(new Set(found ?? [])).toEqual(new Set(idsFrom(0, 103)));
  });
});

/** Does something else at one of its requests, before or after its effect. */
function interrupt(call: number, when: 'before' | 'after', act: () => Promise<void>) {
  const client = createDynamoClient();
  const interrupted = { client, happened: false };
  let calls = 0;
  const happen = async () => {
    interrupted.happened = true;
    await act();
  };
  const send = async (command: Parameters<DynamoDBClient['send']>[0]): Promise<unknown> => {
    calls += 1;
    const isNow = calls === call;
    if (isNow && when === 'before') await happen();
    const answer = await client.send(command);
    if (isNow && when === 'after') await happen();
    return answer;
  };
  interrupted.client = new Proxy(client, {
    get: (target, name) => (name === 'send' ? send : Reflect.get(target, name)),
  });
  return interrupted;
}

describe('wherever a run is interrupted', () => {
  const NEXT = { revision: idOf(60), sequence: 5 };
  const sets = new Map<IndexedRevision, readonly Oid[]>([
    [FROM, BASE],
    [TO, [...BASE, ...ADDED]],
    [NEXT, [...BASE, ...ADDED, NEXT.revision]],
  ]);
  const acts: Record<string, (ref: BranchRef, client?: DynamoDBClient) => Promise<void>> = {
    'the advance to it': (ref, client) => createStore(client).extend(ref, FROM, TO.revision, ADDED),
    'making it again': (ref, client) => createStore(client).write(ref, TO, [...BASE, ...ADDED]),
    'the advance from it': (ref, client) => createStore(client).extend(ref, TO, NEXT.revision, [NEXT.revision]),
  };
  const names = Object.keys(acts);
  const actOf = (name: string) => acts[name] as NonNullable<(typeof acts)[string]>;

  async function checkAll(ref: BranchRef): Promise<void> {
    for (const [of, expected] of sets) {
      const found = await createStore().read(ref, of);
      if (found !== null) expect(new Set(found)).toEqual(new Set(expected));
    }
  }

  it.each(names)('%s leaves the right sets or none, and the next run mends it', async (name) => {
    for (const when of ['before', 'after'] as const) {
      for (let call = 1, ended = false; !ended; call += 1) {
        const ref = newRef();
        await createStore().write(ref, FROM, BASE);
        const end = () => Promise.reject(new CutOff());
        const { client } = interrupt(call, when, end);
        ended = await actOf(name)(ref, client).then(
          () => true,
          (error: unknown) => {
            if (!(error instanceof CutOff)) throw error;
            return false;
          },
        );
        await checkAll(ref);
        await actOf('making it again')(ref);
        expect(await readSize(ref, TO)).toBe(sets.get(TO)?.length);
        await actOf('the advance from it')(ref);
        expect(await readSize(ref, NEXT)).toBe(sets.get(NEXT)?.length);
      }
    }
  });

  it.each(
    names.flatMap((one) => names.map((other) => [one, other] as const)),
  )('%s, by %s of a run that is late, leaves the right sets or none', async (one, other) => {
    for (let call = 1, ended = false; !ended; call += 1) {
      const ref = newRef();
      await createStore().write(ref, FROM, BASE);
      const interrupted = interrupt(call, 'before', () => actOf(other)(ref));
      await actOf(one)(ref, interrupted.client);
      ended = !interrupted.happened;
      await checkAll(ref);
      await actOf('making it again')(ref);
      expect(await readSize(ref, TO)).toBe(sets.get(TO)?.length);
    }
  });
});
