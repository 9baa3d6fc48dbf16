import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const DOCS = join(import.meta.dirname, '..', '..', 'docs');
const REFERENCE = /\[[^\]]+\]\((\.\.\/test\/[^)]+)\) "([^"]+)"/g;

it('names tests that exist, by their titles', async () => {
  const text = await readFile(join(DOCS, 'threat-model.md'), 'utf8');
  const references = [...text.matchAll(REFERENCE)].map(([, path = '', title = '']) => ({ path, title }));
  expect(references.length).toBeGreaterThan(30);
  for (const { path, title } of references) {
    expect(existsSync(join(DOCS, path)), path).toBe(true);
    expect(await readFile(join(DOCS, path), 'utf8'), path).toContain(title);
  }
  // Every link to a test says which one it means.
  expect(text.match(/\]\(\.\.\/test\//g)).toHaveLength(references.length);
});

it('has a threat of each kind for deliveries, git servers, state and those who read', async () => {
  const text = await readFile(join(DOCS, 'threat-model.md'), 'utf8');
  const tables = text.split(/^### [①②③④]/m).slice(1);
  expect(tables).toHaveLength(4);
  for (const table of tables) {
    const kinds = [...(table.split('\n### ')[0]?.matchAll(/^\| ([STRIDE]) \|/gm) ?? [])].map(([, kind]) => kind);
    expect(new Set(kinds)).toEqual(new Set('STRIDE'));
  }
});
