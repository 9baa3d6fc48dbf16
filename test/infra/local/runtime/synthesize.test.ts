import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { synthesize } from '../../../../infra/local/runtime/synthesize.ts';
import { eventually } from '../../../support/eventually.ts';

/** Stands for an app of CDK: writes how often it ran, and what it was told. */
const APP = `
import { appendFileSync, existsSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
appendFileSync('runs', 'x');
writeFileSync(process.env.CDK_OUTDIR + '/environment', Object.keys(process.env).join());
`;

let project: string;

beforeEach(async () => {
  project = await mkdtemp(join(tmpdir(), 'hl-synthesize-'));
  for (const folder of ['infra/aws/functions', 'functions/verify', 'shared']) {
    await mkdir(join(project, folder), { recursive: true });
  }
  await writeFile(join(project, 'infra/aws/app.ts'), APP);
  await writeFile(join(project, 'functions/verify/handler.ts'), '1');
  await writeFile(join(project, 'package.json'), '{"type":"module"}');
  await writeFile(join(project, 'package-lock.json'), '{}');
});

afterEach(async () => {
  await rm(project, { recursive: true, force: true });
});

async function countRuns(): Promise<number> {
  return (await readFile(join(project, 'runs'), 'utf8')).length;
}

describe('synthesize', () => {
  it('runs the app once for the same sources, and tells it where to write and nothing else', async () => {
    const assembly = await synthesize(project);
    expect(await synthesize(project)).toBe(assembly);
    expect(await countRuns()).toBe(1);
    expect(await readFile(join(assembly, 'environment'), 'utf8')).toBe('CDK_OUTDIR');
  });

  it.each([
    'functions/verify/handler.ts',
    'shared/new.ts',
    'infra/aws/functions/verify.ts',
    'package-lock.json',
  ])('runs it again when %s changes', async (file) => {
    const before = await synthesize(project);
    await writeFile(join(project, file), '2');
    expect(await synthesize(project)).not.toBe(before);
    expect(await countRuns()).toBe(2);
  });

  it('does not run it again for what goes into no stack', async () => {
    await synthesize(project);
    await writeFile(join(project, 'README.md'), '2');
    await synthesize(project);
    expect(await countRuns()).toBe(1);
  });

  it('keeps the newest three', async () => {
    const assemblies: string[] = [];
    for (const version of ['1', '2', '3', '4', '5']) {
      await writeFile(join(project, 'shared/version.ts'), version);
      assemblies.push(await synthesize(project));
    }
    const kept = await readdir(join(project, 'node_modules/.cache/headlock'));
    expect(kept.toSorted()).toEqual(
      assemblies
        .slice(2)
        .map((path) => basename(path))
        .toSorted(),
    );
  });

  it('has one result where two start at once', async () => {
    expect(new Set(await Promise.all([synthesize(project), synthesize(project)])).size).toBe(1);
    expect(await readdir(join(project, 'node_modules/.cache/headlock'))).toHaveLength(1);
  });

  it('leaves alone what another process is making, and drops what one left long ago', async () => {
    const cache = join(project, 'node_modules/.cache/headlock');
    const abandoned = join(cache, 'unfinished-long-ago');
    await mkdir(abandoned, { recursive: true });
    await utimes(abandoned, 0, 0);
    // The first one waits for the others.
    await writeFile(join(project, 'infra/aws/app.ts'), `${APP}while (!existsSync('${project}/go')) await delay(5);\n`);
    const first = synthesize(project);
    await eventually(async () => expect(await countRuns()).toBe(1));
    await writeFile(join(project, 'infra/aws/app.ts'), APP);
    for (const version of ['1', '2', '3', '4']) {
      await writeFile(join(project, 'shared/version.ts'), version);
      await synthesize(project);
    }
    await writeFile(join(project, 'go'), '');
    expect(await readdir(await first)).toEqual(['environment']);
    expect((await readdir(cache)).filter((name) => name.startsWith('unfinished-'))).toEqual([]);
  });

  it('says in one line what is wrong, and keeps nothing', async () => {
    await writeFile(
      join(project, 'infra/aws/app.ts'),
      `console.error('warning');\nthrow new TypeError('no such construct');`,
    );
    await expect(synthesize(project)).rejects.toMatchObject({
      code: 'synthesis_failed',
      message: expect.stringMatching(/^[^\n]*TypeError: no such construct[^\n]*npm run synth[^\n]*$/),
    });
    expect(await readdir(join(project, 'node_modules/.cache/headlock'))).toEqual([]);
  });
});
