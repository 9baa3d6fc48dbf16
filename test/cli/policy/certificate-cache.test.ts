import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCachedCompiler } from '../../../cli/policy/certificate-cache.ts';
import { compileKeyFiles } from '../../../shared/signatures/openpgp/compile-certificates.ts';
import { createGpgKey, exportPublicKey, type GpgKey } from '../../support/signing.ts';

const PLANTED = [{ keys: [], problems: ['planted'] }];

describe('the cache of compiled certificates', () => {
  let key: GpgKey;
  let file: Buffer;
  let folder: string;

  beforeAll(async () => {
    [key, folder] = await Promise.all([createGpgKey(), mkdtemp(join(tmpdir(), 'hl-cache-'))]);
    file = await exportPublicKey(key);
  });
  afterAll(() => Promise.all([key.cleanup(), rm(folder, { recursive: true, force: true })]));

  /** A cache with one entry, and the entry's path. */
  async function fill(name: string): Promise<{ cache: string; entry: string }> {
    const cache = join(folder, name, 'keys');
    await createCachedCompiler(cache)([file]);
    const entries = await readdir(cache);
    expect(entries).toHaveLength(1);
    return { cache, entry: join(cache, String(entries[0])) };
  }

  /** Puts something else into an entry, with its digest right. */
  async function plant(entry: string): Promise<void> {
    const json = JSON.stringify(PLANTED);
    const { hash } = await import('node:crypto');
    await writeFile(entry, hash('sha256', json, 'hex') + json);
  }

  const problems = async (cache: string) => (await createCachedCompiler(cache)([file]))[0]?.problems;

  it('gives what compiling gives, from a folder and files that nobody else may read', async () => {
    const { cache, entry } = await fill('plain');
    expect([(await stat(cache)).mode & 0o777, (await stat(entry)).mode & 0o777]).toEqual([0o700, 0o600]);
    expect(await createCachedCompiler(cache)([file])).toEqual(await compileKeyFiles([file]));
    await plant(entry);
    expect(await problems(cache)).toEqual(['planted']);
  });

  it.each([
    ['one byte more', () => [Buffer.concat([file, Buffer.from('\n')])]],
    ['one file more', () => [file, file]],
  ])('is asked by the bytes of all files: %s is something else', async (name, asked) => {
    const { cache, entry } = await fill(name);
    await plant(entry);
    expect((await createCachedCompiler(cache)(asked())).flatMap((one) => one.problems)).toEqual([]);
    expect(await readdir(cache)).toHaveLength(2);
  });

  it.each([
    ['is cut off', (entry: string) => writeFile(entry, '')],
    ['lacks its end', async (entry: string) => writeFile(entry, (await readFile(entry)).subarray(0, -1))],
    ['has another digest', async (entry: string) => writeFile(entry, `${'0'.repeat(64)}${JSON.stringify(PLANTED)}`)],
    ['may be written by others', (entry: string) => chmod(entry, 0o620)],
    ['may be read by others', (entry: string) => chmod(entry, 0o644)],
    [
      'is a link',
      async (entry: string) => {
        await rename(entry, `${entry}.moved`);
        await symlink(`${entry}.moved`, entry);
      },
    ],
    [
      'is a folder',
      async (entry: string) => {
        await rm(entry);
        await mkdir(entry, { mode: 0o700 });
      },
    ],
  ])('does not take an entry that %s', async (name, damage) => {
    const { cache, entry } = await fill(name);
    if (!name.startsWith('has another')) await plant(entry);
    await damage(entry);
    expect(await problems(cache)).toEqual([]);
  });

  it.each([
    ['that others may write', (cache: string) => chmod(cache, 0o770)],
    [
      'behind a link',
      async (cache: string) => {
        await rename(cache, `${cache}.moved`);
        await symlink(`${cache}.moved`, cache);
      },
    ],
  ])('does not take a folder %s', async (name, change) => {
    const { cache, entry } = await fill(name);
    await plant(entry);
    await change(cache);
    expect(await problems(cache)).toEqual([]);
  });

  it('costs time alone where it cannot be made', async () => {
    await writeFile(join(folder, 'file'), '');
    expect(await problems(join(folder, 'file', 'keys'))).toEqual([]);
  });
});
