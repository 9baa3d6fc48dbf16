import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { synthesizeForTests } from './synthesized-stacks.ts';

const stacks = synthesizeForTests();

it('prints what docs/deploying.md lists, in that order, each with what it is for', async () => {
  const outputs = Object.entries<{ Description?: string }>(stacks().service.toJSON().Outputs);
  const guide = await readFile(join(import.meta.dirname, '../../../docs/deploying.md'), 'utf8');
  const [, section = ''] = /^### What it prints\n([\s\S]*?)(?=^##)/m.exec(guide) ?? [];
  const told = [...section.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name);
  expect(outputs.map(([name]) => name)).toEqual(told);
  for (const [name, { Description: description = '' }] of outputs) {
    expect([name, description.length > 10]).toEqual([name, true]);
  }
});
