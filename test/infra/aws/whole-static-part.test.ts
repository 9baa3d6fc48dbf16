import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { expect, it, onTestFinished } from 'vitest';
import { listStaticOutputs } from '../../../infra/aws/static-outputs.ts';
import { wholeStaticPart } from '../../../infra/aws/whole-static-part.ts';

/** A function that shares a part of what it loads at once with each of two modules on demand, and all of it has a state. */
const SOURCES = {
  'functions/count/handler.ts': `
    import { first } from '../../shared/first.ts';
    import { second } from '../../shared/second.ts';
    import { runs } from '../../shared/runs.ts';
    runs.push('handler');
    export const handler = async () => {
      const [one, other] = await Promise.all([import('./on-demand.ts'), import('../../shared/nested.ts')]);
      return { runs, seen: [await one.see(), await other.see()], own: [first, second] };
    };`,
  'functions/count/on-demand.ts': `
    import { first } from '../../shared/first.ts';
    import { runs } from '../../shared/runs.ts';
    runs.push('on demand');
    export const see = async () => { first.count += 1; return (await import('../../shared/nested.ts')).see(); };`,
  'shared/nested.ts': `
    import { second } from './second.ts';
    import { runs } from './runs.ts';
    runs.push('nested');
    export const see = async () => { second.count += 1; return second.count; };`,
  'shared/first.ts': `import { runs } from './runs.ts'; runs.push('first'); export const first = { count: 0 };`,
  'shared/second.ts': `import { runs } from './runs.ts'; runs.push('second'); export const second = { count: 0 };`,
  'shared/runs.ts': 'export const runs: string[] = [];',
};

// A checkout may lie below what was installed.
it.each([
  '',
  'node_modules/installed',
])('has one chunk at the start, and runs each module once, in a project in "%s"', async (place) => {
  const folder = mkdtempSync(join(tmpdir(), 'hl-whole-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const project = join(folder, place);
  for (const [path, text] of Object.entries(SOURCES)) {
    mkdirSync(dirname(join(project, path)), { recursive: true });
    writeFileSync(join(project, path), text);
  }
  const entry = 'functions/count/handler.ts';
  const { metafile } = await build({
    absWorkingDir: project,
    entryPoints: [{ in: entry, out: 'handler' }],
    outdir: join(project, 'out'),
    outExtension: { '.js': '.mjs' },
    ...{ bundle: true, format: 'esm', splitting: true, metafile: true, platform: 'node' },
    plugins: [wholeStaticPart(project, entry)],
  });
  // The entry has no code of its own.
  expect(listStaticOutputs(metafile, 'out/handler.mjs').length).toBe(2);

  const { handler } = await import(join(project, 'out', 'handler.mjs'));
  const { runs, seen, own } = await handler();
  expect(runs.slice(0, 3)).toEqual(['first', 'second', 'handler']);
  expect(runs.toSorted()).toEqual(['first', 'handler', 'nested', 'on demand', 'second']);
  expect([seen.toSorted(), own]).toEqual([
    [1, 2],
    [{ count: 1 }, { count: 2 }],
  ]);
});
