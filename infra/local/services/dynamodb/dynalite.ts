import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/** The parts of dynalite's store that are touched here. */
export interface DynaliteStore {
  readonly options: { readonly maxItemSize: number };
  readonly db: { open(): Promise<void>; close(): Promise<void> };
  readonly tableDb: { put(name: string, table: object, done: (error: unknown) => void): void };
}

type Action = (store: DynaliteStore, input: object, answer: (error: unknown, output: object) => void) => void;

interface Validation {
  readonly types: object;
  readonly custom?: unknown;
}

/** dynalite has no types and its own HTTP server throws where a client aborts: so its parts are taken one by one. */
const database: { create(options: { path?: string; createTableMs: number }): DynaliteStore } = require('dynalite/db');
const validations: {
  checkTypes(input: unknown, types: object): object;
  checkValidations(input: object, types: object, custom: unknown, store: DynaliteStore): void;
} = require('dynalite/validations');

const MEBIBYTE = 1024 * 1024;

/** @param path - a folder of LevelDB files; null keeps everything in memory. */
export function createDynaliteStore(path: string | null): DynaliteStore {
  return database.create(path === null ? { createTableMs: 0 } : { path, createTableMs: 0 });
}

/** Checks the input as DynamoDB does and performs one action, for example `PutItem`. Rejects with dynalite's errors. */
export function createAction(store: DynaliteStore, name: string): (input: unknown) => Promise<object> {
  const file = name.charAt(0).toLowerCase() + name.slice(1);
  const action: Action = require(`dynalite/actions/${file}`);
  const validation: Validation = require(`dynalite/validations/${file}`);
  // A batch read ends, by dynalite's count, at 1 MiB plus one item; AWS's ends at 16 MiB.
  const view =
    name === 'BatchGetItem' ? { ...store, options: { ...store.options, maxItemSize: 15 * MEBIBYTE } } : store;
  return async (input) => {
    const checked = validations.checkTypes(input, validation.types);
    validations.checkValidations(checked, validation.types, validation.custom, view);
    return new Promise((resolve, reject) => {
      action(view, checked, (error, output) => (error ? reject(error) : resolve(output)));
    });
  };
}
