import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { buildScanner, writeModule } from '../../../assembly/build-scanner.ts';

test('the module in the tree is what its sources compile to', async () => {
  const file = join(import.meta.dirname, '..', '..', '..', 'shared', 'git', 'scanner-module.ts');
  expect(readFileSync(file, 'utf8')).toBe(writeModule(await buildScanner()));
}, 120_000);
