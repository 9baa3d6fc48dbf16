import { join } from 'node:path';
import { HeadlockError } from '../../../../shared/model/headlock-error.ts';
import type { Operations } from '../operation.ts';
import type { ResourceProperties } from '../resource-properties.ts';
import { createAction, createDynaliteStore } from './dynalite.ts';
import { ensureTable, type Table } from './table.ts';

/** The operations that Headlock calls: it writes whole items, so there is no UpdateItem. */
const OPERATIONS = ['GetItem', 'PutItem', 'DeleteItem', 'Query', 'BatchGetItem', 'BatchWriteItem'];

export interface DynamoDb {
  readonly operations: Operations;
  createTable(properties: ResourceProperties): Promise<Table>;
  close(): Promise<void>;
}

/** DynamoDB on LevelDB. An acknowledged write survives the end of the process. @throws HeadlockError `data_folder_in_use` */
export async function openDynamoDb(folder: string): Promise<DynamoDb> {
  const store = createDynaliteStore(join(folder, 'dynamodb'));
  await store.db.open().catch((error: Error) => {
    const { cause } = error;
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'LEVEL_LOCKED')) throw error;
    const message = `The data folder ${folder} is in use by another Headlock. Stop that one, or name another folder with --data.`;
    throw new HeadlockError('data_folder_in_use', message, { kind: 'configuration', cause });
  });
  return {
    operations: Object.fromEntries(OPERATIONS.map((name) => [name, createAction(store, name)])),
    createTable: (properties) => ensureTable(store, properties),
    close: () => store.db.close(),
  };
}
