import { join } from 'node:path';
import { HeadlockError } from '../../../../shared/model/headlock-error.ts';
import { AwsError } from '../aws-error.ts';
import type { Operation, Operations } from '../operation.ts';
import type { ResourceProperties } from '../resource-properties.ts';
import { createAction, createDynaliteStore, type DynaliteStore } from './dynalite.ts';
import { ensureTable, type Table } from './table.ts';

/** The operations that Headlock calls: it writes whole items, so there is no UpdateItem. */
const OPERATIONS = ['GetItem', 'PutItem', 'DeleteItem', 'Query', 'BatchGetItem', 'BatchWriteItem'];

export interface DynamoDb {
  readonly operations: Operations;
  createTable(properties: ResourceProperties): Promise<Table>;
  close(): Promise<void>;
}

/** DynamoDB on LevelDB, or in memory without a folder. An acknowledged write survives the end of the process. @throws HeadlockError `data_folder_in_use` */
export async function openDynamoDb(folder: string | null): Promise<DynamoDb> {
  const store = createDynaliteStore(folder === null ? null : join(folder, 'dynamodb'));
  await open(store, folder);
  return {
    operations: Object.fromEntries(OPERATIONS.map((name) => [name, createOperation(store, name)])),
    createTable: (properties) => ensureTable(store, properties),
    close: () => store.db.close(),
  };
}

async function open(store: DynaliteStore, folder: string | null): Promise<void> {
  try {
    await store.db.open();
  } catch (error) {
    const cause = error instanceof Error ? error.cause : null;
    if (cause instanceof Error && 'code' in cause && cause.code === 'LEVEL_LOCKED') {
      throw new HeadlockError(
        'data_folder_in_use',
        `The data folder ${folder} is in use by another Headlock. Stop that one, or name another folder with --data.`,
        { kind: 'configuration', cause },
      );
    }
    throw error;
  }
}

function createOperation(store: DynaliteStore, name: string): Operation {
  const act = createAction(store, name);
  return async (input) => {
    refuseWhatIsMissing(input);
    try {
      return await act(input);
    } catch (error) {
      throw toAwsError(error);
    }
  };
}

/** dynalite passes over fields that it does not know; a caller of this one would wait for its answer in vain. */
function refuseWhatIsMissing(input: unknown): void {
  const field = 'ReturnValuesOnConditionCheckFailure';
  if (typeof input === 'object' && input !== null && field in input) {
    throw new AwsError('ValidationException', `${field} is not available in the embedded DynamoDB.`);
  }
}

/** dynalite's own errors carry AWS's answer; anything else is a fault of ours. */
function toAwsError(error: unknown): unknown {
  if (!(error instanceof Error) || !('body' in error) || !('statusCode' in error)) {
    return error;
  }
  const { __type: type, message, Message } = error.body as Readonly<Record<string, string | undefined>>;
  return new AwsError(type ?? 'InternalServerError', message ?? Message ?? '', Number(error.statusCode));
}
