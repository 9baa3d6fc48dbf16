import { createHash } from 'node:crypto';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import * as z from 'zod/mini';
import type { BranchRef } from '../model/branch-ref.ts';
import { formatOfOid, type Oid, oidBytes } from '../model/oid.ts';
import { type AncestorSet, createAncestorSet, packOids } from './ancestor-set.ts';
import type { AncestorStore, IndexedRevision } from './ancestor-store.ts';
import type { Item } from './dynamo-item.ts';
import { createDynamoTable, IS_NEW } from './dynamo-table.ts';
import { count, oid, positive, sha256 } from './field-schemas.ts';
import { ancestorKey, ancestorPartition } from './item-keys.ts';

/** Of ids in one item, which holds at most 400 kB: a multiple of both lengths of an id. */
const CHUNK_BYTES = 300_000;

/** Parts that stand on one whole set before it is written anew: 1.6 MB, for 80,000 commits. */
const MAX_ADDITIONS = 100;

interface PartHeader extends IndexedRevision {
  /** The revision of the sequence before, to whose set this part adds; null where the part is the whole set. */
  readonly previous: Oid | null;
  /** How many parts stand on the whole set, this one included. */
  readonly additions: number;
}

const chunkAttributes = z.strictObject({
  revision: oid,
  previous: z.nullable(oid),
  additions: count,
  chunks: positive,
  /** Of the part: what it is, and all its ids. */
  sha256,
  ids: z.instanceof(Uint8Array),
});
type Chunk = z.infer<typeof chunkAttributes>;

/**
 * Ancestor indexes in DynamoDB: `ancestors:<repository>:<branch>` / `<sequence>:<chunk>` (trust rule 1.6). Each sequence has
 * one part: the whole set of its revision, or what an advance added to that of the sequence before, so that a push of one
 * commit writes one small item. A set is read from its own part down to a whole one. Each part is bound to its sequence, its
 * revision and the revision below by a checksum over these and its ids; with a part or a chunk missing there is no set. So a
 * run that ends between any two writes, or an unlock, which leaves its sequence without a part, costs a rebuild and no more.
 */
export function createDynamoAncestorStore(
  client: DynamoDBClient,
  tableName: string,
  chunkBytes = CHUNK_BYTES,
): AncestorStore {
  const table = createDynamoTable(client, tableName);

  const read: AncestorStore['read'] = async (ref, of) => {
    const items = new Map((await table.query(ancestorPartition(ref))).map((item) => [item.sk, item]));
    const width = oidBytes(formatOfOid(of.revision));
    const added: Uint8Array[] = [];
    for (let { revision, sequence } = of; ; sequence -= 1) {
      const part = readPart(items, ref, { revision, sequence });
      if (part === null) return null;
      // A search in each of a hundred lists takes too long.
      if (part.previous === null)
        return createAncestorSet([part.ids, packOids(createAncestorSet(added, width))], width);
      added.push(part.ids);
      revision = part.previous;
    }
  };

  const write: AncestorStore['write'] = async (ref, of, ancestors) => {
    const items = cutPart(ref, { ...of, previous: null, additions: 0 }, packOids(ancestors), chunkBytes);
    for (const item of items) await table.put(item);
    const { sk: first } = ancestorKey(ref, of.sequence, 0);
    for await (const item of table.stream(ancestorPartition(ref))) {
      if (item.sk >= first) break;
      await table.remove(item);
    }
  };

  return {
    read,
    write,
    async extend(ref, from, to, added) {
      const below = parseChunk(await table.read(ancestorKey(ref, from.sequence, 0), 'consistent'));
      if (below?.revision !== from.revision) return;
      const of = { revision: to, sequence: from.sequence + 1 };
      if (below.additions >= MAX_ADDITIONS) {
        const whole = await read(ref, from);
        return whole === null ? undefined : write(ref, of, concat(whole, added));
      }
      const header = { ...of, previous: from.revision, additions: below.additions + 1 };
      // Whatever stands there already was made anew meanwhile, and is whole or will be.
      const items = cutPart(ref, header, packOids(added), chunkBytes);
      for (const item of items) if (!(await table.put(item, IS_NEW))) return;
    },
  };
}

function* concat(whole: AncestorSet, added: readonly Oid[]): Generator<Oid, void, undefined> {
  yield* whole;
  yield* added;
}

function cutPart(ref: BranchRef, header: PartHeader, ids: Buffer<ArrayBuffer>, chunkBytes: number): readonly Item[] {
  const { sequence, ...bound } = header;
  const part = { ...bound, chunks: Math.ceil(ids.length / chunkBytes), sha256: digestOf(header, [ids]) };
  return Array.from({ length: part.chunks }, (_, chunk) => {
    const cut = ids.subarray(chunk * chunkBytes, (chunk + 1) * chunkBytes);
    return { ...ancestorKey(ref, sequence, chunk), ...part, ids: cut } satisfies Item & Chunk;
  });
}

/** Null where the part of that sequence is not there whole, or belongs to another revision. */
function readPart(
  items: ReadonlyMap<string, Item>,
  ref: BranchRef,
  { revision, sequence }: IndexedRevision,
): { readonly ids: Buffer; readonly previous: Oid | null } | null {
  const chunkAt = (n: number): Chunk | null => parseChunk(items.get(ancestorKey(ref, sequence, n).sk) ?? null);
  const head = chunkAt(0);
  if (head === null || head.revision !== revision || head.chunks > items.size) return null;
  const lists = Array.from({ length: head.chunks }, (_, n) => chunkAt(n)?.ids ?? new Uint8Array());
  const { previous, additions } = head;
  if (digestOf({ revision, sequence, previous, additions }, lists) !== head.sha256) return null;
  return { ids: Buffer.concat(lists), previous };
}

/** Nothing here is worth a fault: what cannot be read counts as missing. */
function parseChunk(item: Item | null): Chunk | null {
  if (item === null) return null;
  const { pk, sk, ...attributes } = item;
  return chunkAttributes.safeParse(attributes).data ?? null;
}

function digestOf({ revision, sequence, previous, additions }: PartHeader, ids: readonly Uint8Array[]): string {
  const hash = createHash('sha256').update(`${sequence}:${revision}:${previous}:${additions}\n`);
  for (const list of ids) hash.update(list);
  return hash.digest('hex');
}
