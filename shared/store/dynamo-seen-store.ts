import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import * as z from 'zod/mini';
import type { Timestamp } from '../model/branch-state.ts';
import { isOid, type Oid } from '../model/oid.ts';
import type { Item } from './dynamo-item.ts';
import { createDynamoTable } from './dynamo-table.ts';
import { timestamp } from './field-schemas.ts';
import { seenKey, seenPartition } from './item-keys.ts';
import { parseItem } from './parse-item.ts';
import type { SeenStore } from './seen-store.ts';
import { createCorruptItemError } from './store-error.ts';

const CHUNK_OIDS = 4_500;

/** The ids are joined by spaces: 300 kB at most, with SHA-256 ids. */
const seenAttributes = z.strictObject({ at: timestamp, commits: z.string() });

/** First-seen records in DynamoDB: `seen:<repository>:<branch>` / `<time>:<tip>:<chunk>`, never changed (trust rule 3.1). */
export function createDynamoSeenStore(client: DynamoDBClient, tableName: string): SeenStore {
  const table = createDynamoTable(client, tableName);
  return {
    async read(ref, from, wanted) {
      // Kept for these alone, page by page: whoever may push decides how many commits were ever seen.
      const earliest = new Map<Oid, Timestamp>();
      const open = new Set(wanted);
      for await (const item of table.stream(seenPartition(ref), { from })) {
        const { at, commits } = parseSeen(item);
        // The records come in the order of time: the first one of a commit is its earliest.
        for (const commit of commits) if (open.delete(commit)) earliest.set(commit, at);
        if (open.size === 0) break;
      }
      return earliest;
    },
    async write(ref, at, tip, commits) {
      for (let chunk = 0; chunk * CHUNK_OIDS < commits.length; chunk++) {
        const part = commits.slice(chunk * CHUNK_OIDS, (chunk + 1) * CHUNK_OIDS);
        await table.append({ ...seenKey(ref, at, tip, chunk), at, commits: part.join(' ') });
      }
    },
  };
}

function parseSeen(item: Item): { at: Timestamp; commits: readonly Oid[] } {
  const { at, commits } = parseItem(seenAttributes, item);
  const oids = commits.split(' ');
  if (!oids.every(isOid)) throw createCorruptItemError(item, 'commits (object ids)');
  if (!item.sk.startsWith(`${at}:`)) throw createCorruptItemError(item, 'at (differs from its key)');
  return { at, commits: oids };
}
