import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import * as z from 'zod/mini';
import { HeadlockError } from '../model/headlock-error.ts';
import { createDynamoTable } from './dynamo-table.ts';
import { count, text, timestamp } from './field-schemas.ts';
import type { ItemKey } from './item-keys.ts';
import { parseItem } from './parse-item.ts';

/** How a table was restored. The same when the restore is run again after it was cut off. */
export interface RestoreRecord {
  /** How much every sequence and version is raised: no branch can have been written more often since the backup. */
  readonly raise: number;
  /** No new sequence starts below. */
  readonly floor: number;
  readonly at: string;
  /** Who began it. */
  readonly actor: string;
  readonly from: string;
  readonly isDone: boolean;
}

/** What keeps sequences from falling where a restored table has forgotten them (trust rule 5.6). */
export interface SequenceFloor {
  /**
   * The highest sequence that something which the table does not know may have had; 0 where it was never restored.
   * @throws HeadlockError `restore_unfinished`
   */
  read(): Promise<number>;
  readRecord(): Promise<RestoreRecord | null>;
  writeRecord(record: RestoreRecord): Promise<void>;
}

/** No repository is called so: names hold no `:`. */
export const FLOOR_KEY: ItemKey = { pk: 'policy::restored', sk: 'restored' };

export const restoreRecord: z.ZodMiniType<RestoreRecord> = z.strictObject({
  ...{ raise: count, floor: count, at: timestamp, actor: text, from: text, isDone: z.boolean() },
});

/** `policy::restored` / `restored`. */
export function createSequenceFloor(client: DynamoDBClient, tableName: string): SequenceFloor {
  const table = createDynamoTable(client, tableName);
  const readRecord = async (): Promise<RestoreRecord | null> => {
    const item = await table.read(FLOOR_KEY, 'consistent');
    return item === null ? null : parseItem(restoreRecord, item);
  };
  return {
    readRecord,
    async read() {
      const record = await readRecord();
      if (record?.isDone === false) {
        const message = `The restore of ${record.at} from ${record.from} was cut off. Run \`headlock restore\` again with the same source before anything is applied.`;
        throw new HeadlockError('restore_unfinished', message, { kind: 'configuration' });
      }
      return record?.floor ?? 0;
    },
    async writeRecord(record) {
      await table.put({ ...FLOOR_KEY, ...record });
    },
  };
}
