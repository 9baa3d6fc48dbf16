import { join } from 'node:path';
import { HeadlockError } from '../../../../shared/model/headlock-error.ts';
import type { ResourceProperties } from '../resource-properties.ts';
import { createAction, createDynaliteStore } from './dynalite.ts';
import { ensureTable } from './table.ts';

/** The operations that Headlock calls: it writes whole items, so there is no UpdateItem. */
const OPERATIONS = [
  ...['GetItem', 'PutItem', 'DeleteItem', 'Query', 'BatchGetItem', 'BatchWriteItem'],
  // For a restore alone.
  ...['Scan', 'DescribeTable'],
];

/** DynamoDB on LevelDB. An acknowledged write survives the end of the process. @throws HeadlockError `data_folder_in_use` */
export async function openDynamoDb(folder: string) {
  const store = createDynaliteStore(join(folder, 'dynamodb'));
  await store.db.open().catch((error: Error) => {
    const { cause } = error;
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'LEVEL_LOCKED')) throw error;
    const message = `The data folder ${folder} is in use by another Headlock. Stop that one, or name another folder with --data.`;
    throw new HeadlockError('data_folder_in_use', message, { kind: 'configuration', cause });
  });
  return {
    operations: Object.fromEntries(OPERATIONS.map((name) => [name, createAction(store, name)])),
    createTable: (properties: ResourceProperties) => ensureTable(store, properties),
    close: () => store.db.close(),
  };
}
