import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HeadlockRun, spawnHeadlock } from '../support/run-headlock.ts';

/** A folder with links to these programs, to stand for `PATH` on a machine that has no others. */
async function createSearchPath(folder: string, programs: readonly string[]): Promise<string> {
  const path = await mkdtemp(join(folder, 'bin-'));
  for (const program of programs) {
    const { stdout } = await promisify(execFile)('/bin/sh', ['-c', `command -v ${program}`]);
    await symlink(stdout.trim(), join(path, program));
  }
  return path;
}

describe('headlock demo', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hl-demo-test-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** Everything temporary goes to a folder of the test's own, so that what is left behind shows. */
  const demo = async (programs: readonly string[], ...args: string[]): Promise<HeadlockRun> =>
    spawnHeadlock(['demo', ...args], { env: { PATH: await createSearchPath(folder, programs), TMPDIR: folder } });

  const leftovers = async (): Promise<readonly string[]> =>
    (await readdir(folder)).filter((name) => !name.startsWith('bin-'));

  it('plays every step with gpg, and leaves nothing behind', async () => {
    const { status, stdout, stderr } = await demo(['git', 'gpg', 'gpgconf', 'gpg-agent'], '--output', 'json');
    const { passed, steps } = JSON.parse(stdout);
    expect(steps).toMatchObject([
      { state: 'Trusted', reason: null, sequence: 2 },
      { state: 'Trusted', reason: null, sequence: 3 },
      { state: 'Locked', reason: 'unsigned', sequence: 3, alert: 'playground@main locked: unsigned' },
      { state: 'Trusted', reason: null, sequence: 4, alert: 'playground@main unlocked' },
      { state: 'Locked', reason: 'history_rewritten', sequence: 4 },
      { state: 'Trusted', reason: null, sequence: 5, alert: 'playground@main re-anchored by an operator' },
    ]);
    expect({ passed, status, stderr }).toEqual({ passed: true, status: 0, stderr: '' });
    expect(await leftovers()).toEqual([]);
  });

  it('signs with ssh-keygen where there is no gpg, and shows each step with its time', async () => {
    const { status, stdout } = await demo(['git', 'ssh-keygen']);
    expect(stdout).toContain('Ada signs with a fresh SSH key (ssh-keygen).');
    expect(stdout.match(/ {2}\d+ ms from push to published$/gm)).toHaveLength(5);
    expect(stdout).toMatch(
      /\nAll 6 steps came out as they must\. From push to published: \d+ to \d+ ms, median \d+ ms\.\n/,
    );
    expect(status).toBe(0);
    expect(await leftovers()).toEqual([]);
  });

  it('says which step did not come out as it must, and leaves nothing behind', async () => {
    const path = await createSearchPath(folder, ['ssh-keygen']);
    const git = (await promisify(execFile)('/bin/sh', ['-c', 'command -v git'])).stdout.trim();
    // A git that cannot amend.
    await writeFile(join(path, 'git'), `#!/bin/sh\ncase "$*" in *--amend*) exit 1;; esac\nexec ${git} "$@"\n`, {
      mode: 0o755,
    });
    const { status, stdout, stderr } = await spawnHeadlock(['demo'], { env: { PATH: path, TMPDIR: folder } });
    expect(stderr).toMatch(
      /^headlock: Step 4 \(The unsigned commit is replaced .*\) did not come out as it must: git commit failed/,
    );
    expect(stdout).toContain('3. An unsigned push locks the branch where it was');
    expect(stdout).not.toContain('All 6 steps');
    expect(status).toBe(1);
    expect(await leftovers()).toEqual([]);
  });

  it('ends in order when it is interrupted', async () => {
    const path = await createSearchPath(folder, ['ssh-keygen', 'sleep']);
    const git = (await promisify(execFile)('/bin/sh', ['-c', 'command -v git'])).stdout.trim();
    // A git that amends for as long as its clone is there: nothing goes on until the demo is interrupted.
    const script = `#!/bin/sh\ncase "$*" in *--amend*) while [ -e .git ]; do sleep 0.05; done; exit 1;; esac\n`;
    await writeFile(join(path, 'git'), `${script}exec ${git} "$@"\n`, { mode: 0o755 });
    const env = { PATH: path, TMPDIR: folder };
    const { status, stderr } = await spawnHeadlock(['demo'], { env, interruptAt: '4. The unsigned commit' });
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr: 'headlock: The demo was interrupted. What it made is deleted.\n',
    });
    expect(await leftovers()).toEqual([]);
  });

  it('says what to install where nothing can be signed, and leaves nothing behind', async () => {
    const { status, stdout, stderr } = await demo(['git']);
    expect(stderr).toMatch(/^headlock: Neither gpg nor ssh-keygen is installed.*apt install gnupg.*\n$/);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(await leftovers()).toEqual([]);
  });

  it('says so where git is missing', async () => {
    const { status, stderr } = await demo(['ssh-keygen']);
    expect(stderr).toMatch(/^headlock: git was not found\. Install git, then try again\.\n$/);
    expect(status).toBe(2);
  });
});
