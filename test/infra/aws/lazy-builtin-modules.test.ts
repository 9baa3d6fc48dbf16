import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { afterAll, expect, it } from 'vitest';
import { lazyBuiltinModules } from '../../../infra/aws/lazy-builtin-modules.ts';

const folder = mkdtempSync(join(tmpdir(), 'headlock-lazy-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Bundles a module that asks for built-ins in each way, runs it, and returns what it prints. */
async function bundleAndRun(name: string, plugins: Plugin[]): Promise<string> {
  const entry = join(folder, 'entry.mjs');
  writeFileSync(
    join(folder, 'legacy.cjs'),
    "module.exports = require('path').sep + require('node:fs/promises').open.name;",
  );
  writeFileSync(
    entry,
    `import { createServer } from 'node:http';
     import * as https from 'https';
     import legacy from './legacy.cjs';
     const { Agent } = await import('node:http');
     const undici = process.moduleLoadList.includes('NativeModule internal/deps/undici/undici');
     console.log(typeof createServer, typeof https.request, typeof Agent, legacy, undici ? 'undici' : 'lean');`,
  );
  const outfile = join(folder, `${name}.mjs`);
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    logLevel: 'silent',
    plugins,
  });
  return execFileSync(process.execPath, [outfile], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
}

it('gives imports and CommonJS their built-in modules without loading undici', async () => {
  expect(await bundleAndRun('lazy', [lazyBuiltinModules])).toBe('function function function /open lean\n');
});

it('is needed: without it CommonJS finds no require', async () => {
  await expect(bundleAndRun('plain', [])).rejects.toThrow();
});
