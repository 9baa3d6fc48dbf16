import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const PROJECT = join(import.meta.dirname, '..', '..');
const COMMAND = /\b([A-Z]\w+)Command\b/g;
const PRODUCT_MODULE = /'\.\.\/\.\.\/((?:shared|cli)\/[\w/-]+\.ts)'/g;

const read = (file: string) => readFileSync(join(PROJECT, file), 'utf8');
const readAll = (pattern: string) => globSync(pattern, { cwd: PROJECT }).map(read);
const find = (texts: readonly string[], pattern: RegExp) =>
  texts.flatMap((text) => [...text.matchAll(pattern)].map(([, found = '']) => found));

// What an emulator does is right only as far as a contract says so: that can be held against AWS.
it('every emulated operation that Headlock calls has its contract', () => {
  const emulators = readAll('infra/local/services/**/*.ts').join('\n');
  const called = ['shared', 'functions', 'cli', 'infra/local/runtime'].flatMap((folder) =>
    readAll(`${folder}/**/*.ts`),
  );
  const emulated = [...new Set(find(called, COMMAND))].filter((name) => new RegExp(`\\b${name}\\b`).test(emulators));
  expect(emulated.length).toBeGreaterThan(12);

  const contracts = readAll('test/contract/*.test.ts');
  // Some contracts are held by the module that calls.
  const modules = [...new Set(find(contracts, PRODUCT_MODULE))].map(read);
  const agreed = new Set(find([...contracts, ...modules, read('test/contract/queue-client.ts')], COMMAND));
  expect(emulated.filter((name) => !agreed.has(name))).toEqual([]);
});
