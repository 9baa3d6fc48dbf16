import { expect, test } from 'vitest';
import { openDatabase, transact } from '../../../../infra/local/services/database.ts';

test('a change that fails leaves nothing behind, and the next one works', () => {
  const database = openDatabase(':memory:');
  database.exec('CREATE TABLE number (value INTEGER) STRICT');
  const insert = (value: number) => database.prepare('INSERT INTO number VALUES (?)').run(value);
  const failing = () =>
    transact(database, () => {
      insert(1);
      throw new Error('no');
    });
  expect(failing).toThrow('no');
  expect(transact(database, () => insert(2)).changes).toBe(1);
  expect(database.prepare('SELECT value FROM number').all()).toEqual([{ value: 2 }]);
  database.close();
});
