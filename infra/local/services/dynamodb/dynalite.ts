import { createRequire } from 'node:module';
import { AwsError } from '../aws-error.ts';

const require = createRequire(import.meta.url);

type Callback<Value> = (error: unknown, value: Value) => void;

/** The parts of dynalite's store that are touched here. */
export interface DynaliteStore {
  readonly options: { readonly maxItemSize: number };
  readonly db: {
    open(): Promise<void>;
    close(): Promise<void>;
    get: Get;
    getSync(key: string): unknown;
  };
  readonly tableDb: {
    get: Get;
    put(name: string, table: object, done: Callback<unknown>): void;
  };
}

type Get = (key: string, done: Callback<unknown>) => void;

type Action = (store: DynaliteStore, input: object, answer: Callback<object>) => void;

interface Validation {
  readonly types: object;
  readonly custom?: unknown;
}

/** dynalite has no types and its own HTTP server throws where a client aborts: so its parts are taken one by one. */
const database: { create(options: { path: string }): DynaliteStore } = require('dynalite/db');
const validations: {
  checkTypes(input: unknown, types: object): object;
  checkValidations(input: object, types: object, custom: unknown, store: DynaliteStore): void;
} = require('dynalite/validations');

const MEBIBYTE = 1024 * 1024;

/** @param path - a folder of LevelDB files. */
export function createDynaliteStore(path: string): DynaliteStore {
  const store = database.create({ path });
  // LevelDB answers out of memory in microseconds: to hand a read to another thread, and it back, costs several times that.
  store.db.get = (key, done) => {
    try {
      setImmediate(done, null, store.db.getSync(key));
    } catch (error) {
      setImmediate(done, error, undefined);
    }
  };
  return store;
}

/** Checks the input as DynamoDB does and performs one action, for example `PutItem`. Its promise rejects with AwsError. */
export function createAction(store: DynaliteStore, name: string): (input: unknown) => Promise<object> {
  const file = name.charAt(0).toLowerCase() + name.slice(1);
  const action: Action = require(`dynalite/actions/${file}`);
  const { types, custom }: Validation = require(`dynalite/validations/${file}`);
  // A batch read ends, by dynalite's count, at 1 MiB plus one item; AWS's ends at 16 MiB.
  const isBatchRead = name === 'BatchGetItem';
  const view = isBatchRead ? { ...store, options: { ...store.options, maxItemSize: 15 * MEBIBYTE } } : store;
  return async (input) => {
    try {
      const checked = validations.checkTypes(input, types);
      validations.checkValidations(checked, types, custom, view);
      return await new Promise((resolve, reject) => {
        action(view, checked, (error, output) => (error ? reject(error) : resolve(output)));
      });
    } catch (error) {
      throw toAwsError(error);
    }
  };
}

/** dynalite's own errors carry AWS's answer; anything else is a fault of ours. */
function toAwsError(error: unknown): unknown {
  if (!(error instanceof Error) || !('body' in error) || !('statusCode' in error)) return error;
  const { __type: type, message, Message } = error.body as Readonly<Record<string, string | undefined>>;
  return new AwsError(type ?? 'InternalServerError', message ?? Message ?? '', Number(error.statusCode));
}
