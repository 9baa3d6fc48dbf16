import { chmod, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { spawnHeadlock } from '../support/run-headlock.ts';

describe('compiled code that is kept for the next start', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hl-code-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const start = async (base: string) => (await spawnHeadlock(['--version'], { env: { XDG_CACHE_HOME: base } })).status;

  it('lies where nobody else can put it', async () => {
    const base = join(folder, 'fresh');
    expect(await start(base)).toBe(0);
    expect((await stat(join(base, 'headlock', 'code'))).mode & 0o777).toBe(0o700);
    expect(await readdir(join(base, 'headlock', 'code'))).toHaveLength(1);
  });

  it('is neither taken from nor put into a folder that others may write', async () => {
    const code = join(folder, 'shared', 'headlock', 'code');
    await mkdir(code, { recursive: true });
    await chmod(code, 0o777);
    expect(await start(join(folder, 'shared'))).toBe(0);
    expect(await readdir(code)).toEqual([]);
  });

  it('is done without where it cannot be kept', async () => {
    await writeFile(join(folder, 'file'), '');
    expect(await start(join(folder, 'file'))).toBe(0);
  });
});
