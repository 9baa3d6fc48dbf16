import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BranchRef } from '../../../shared/model/branch-ref.ts';
import { formatOfOid, type ObjectFormat, type Oid, oidBytes, parseOid } from '../../../shared/model/oid.ts';
import type { AncestorStore } from '../../../shared/store/ancestor-store.ts';
import { createDynamoAncestorStore } from '../../../shared/store/dynamo-ancestor-store.ts';
import { dynamoAs } from '../../support/act-as.ts';
import { TABLE, useEmbeddedServices } from '../../support/embedded-services.ts';
import { createMemoryAncestorStore } from '../../support/memory-stores.ts';
import { SEED } from '../../support/seed.ts';
import { oidOf } from '../../support/small-history.ts';

useEmbeddedServices();

const stores: Record<string, () => AncestorStore> = {
  DynamoDB: () => createDynamoAncestorStore(dynamoAs('verify'), TABLE),
  memory: () => createMemoryAncestorStore(),
};
let branches = 0;
const newRef = (): BranchRef => {
  branches += 1;
  return { repository: 'indexed', branch: `branch-${branches}` };
};

const [A, B, C, D] = [oidOf('a'), oidOf('b'), oidOf('c'), oidOf('d')] as const;

/** Ids that do not come in their order. */
function manyIds(count: number, format: ObjectFormat = 'sha1'): readonly Oid[] {
  const digits = 2 * oidBytes(format);
  return Array.from({ length: count }, (_, n) =>
    parseOid(((n * 7919) % 1_000_003).toString(16).padStart(6, '0').padEnd(digits, '5')),
  );
}

describe.each(Object.keys(stores))('an ancestor index in %s (trust rule 1.6)', (kind) => {
  const createStore = stores[kind] as () => AncestorStore;

  it('is that of one revision and one sequence, and of no other', async () => {
    const store = createStore();
    const ref = newRef();
    expect(await store.read(ref, { revision: B, sequence: 4 })).toBeNull();
    await store.write(ref, { revision: B, sequence: 4 }, [B, A]);
    const found = await store.read(ref, { revision: B, sequence: 4 });
    expect([A, B, C].map((id) => found?.has(id))).toEqual([true, true, false]);
    // An unlock that clears a lock keeps the revision and raises the sequence (rule 5.3).
    for (const other of [
      { revision: B, sequence: 5 },
      { revision: B, sequence: 3 },
      { revision: A, sequence: 4 },
    ]) {
      expect(await store.read(ref, other)).toBeNull();
    }
  });

  it('grows by what an advance added, one sequence further', async () => {
    const store = createStore();
    const ref = newRef();
    await store.write(ref, { revision: A, sequence: 1 }, [A]);
    await store.extend(ref, { revision: A, sequence: 1 }, C, [C, B]);
    await store.extend(ref, { revision: C, sequence: 2 }, D, [D]);
    const found = await store.read(ref, { revision: D, sequence: 3 });
    expect([A, B, C, D, oidOf('e')].map((id) => found?.has(id))).toEqual([true, true, true, true, false]);
    expect((await store.read(ref, { revision: C, sequence: 2 }))?.has(D)).toBe(false);
    expect(await store.read(ref, { revision: D, sequence: 2 })).toBeNull();
  });

  it('does not grow from what is not stored', async () => {
    const store = createStore();
    const ref = newRef();
    await store.extend(ref, { revision: A, sequence: 1 }, B, [B]);
    await store.write(ref, { revision: A, sequence: 1 }, [A]);
    await store.extend(ref, { revision: A, sequence: 2 }, B, [B]);
    await store.extend(ref, { revision: C, sequence: 1 }, B, [B]);
    for (const sequence of [2, 3]) expect(await store.read(ref, { revision: B, sequence })).toBeNull();
    await store.extend(ref, { revision: A, sequence: 1 }, B, [B]);
    expect((await store.read(ref, { revision: B, sequence: 2 }))?.has(A)).toBe(true);
  });

  it('is not written over by what comes late', async () => {
    const store = createStore();
    const ref = newRef();
    await store.write(ref, { revision: A, sequence: 1 }, [A]);
    await store.extend(ref, { revision: A, sequence: 1 }, C, [B, C]);
    await store.extend(ref, { revision: A, sequence: 1 }, D, [D]);
    expect(await store.read(ref, { revision: D, sequence: 2 })).toBeNull();
    expect((await store.read(ref, { revision: C, sequence: 2 }))?.has(B)).toBe(true);
    // Another run made it again for the sequence before.
    await store.write(ref, { revision: A, sequence: 1 }, [A]);
    expect((await store.read(ref, { revision: C, sequence: 2 }))?.has(B)).toBe(true);
  });

  it.each<ObjectFormat>(['sha1', 'sha256'])('holds 40,000 ids of %s, in any number of items', async (format) => {
    const store = createStore();
    const ref = newRef();
    const ids = manyIds(60_000, format);
    const [base, added] = [ids.slice(0, 40_000), ids.slice(40_000)];
    const [from, to] = [base[0], added[0]] as [Oid, Oid];
    await store.write(ref, { revision: from, sequence: 1 }, base);
    await store.extend(ref, { revision: from, sequence: 1 }, to, added);
    const found = await store.read(ref, { revision: to, sequence: 2 });
    expect(ids.every((id) => found?.has(id))).toBe(true);
    expect(new Set(found ?? []).size).toBe(ids.length);
    expect(found?.has(oidOf('5', ids[0]?.length))).toBe(false);
    expect(found?.has(oidOf('0', ids[0]?.length))).toBe(false);
    // An id of the other format that starts or ends as one of these.
    const [id = to] = ids;
    expect(found?.has(parseOid(formatOfOid(id) === 'sha1' ? id.padEnd(64, '5') : id.slice(0, 40)))).toBe(false);
  });

  it('is what was put into it, whatever the order of writes', async () => {
    const step = fc.record({ isWhole: fc.boolean(), count: fc.integer({ min: 1, max: 40 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
        const store = createStore();
        const ref = newRef();
        const ids = [...manyIds(500)];
        const expected = new Set<Oid>();
        let from = { revision: A, sequence: 0 };
        for (const { isWhole, count } of steps) {
          const added = ids.splice(0, count);
          const to = { revision: added.at(-1) ?? A, sequence: from.sequence + 1 };
          for (const id of added) expected.add(id);
          if (isWhole || from.sequence === 0) await store.write(ref, to, expected);
          else await store.extend(ref, from, to.revision, added);
          expect(new Set((await store.read(ref, to)) ?? [])).toEqual(expected);
          from = to;
        }
      }),
      { seed: SEED, numRuns: kind === 'memory' ? 200 : 15 },
    );
  });
});
