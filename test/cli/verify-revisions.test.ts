import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Oid } from '../../shared/model/oid.ts';
import { createGuardedRepository, type GuardedRepository } from '../support/guarded-repository.ts';
import { runHeadlock } from '../support/run-headlock.ts';

let repository: GuardedRepository;
let first: Oid;
let second: Oid;

beforeAll(async () => {
  repository = await createGuardedRepository();
  first = await repository.commit('One', { args: ['-S'] });
  second = await repository.commit('Two', { args: ['-S'] });
  await repository.run('tag', 'v1', first);
});
afterAll(() => repository.remove());

async function verify(location: string, ...args: string[]) {
  return runHeadlock(['verify', location, '-f', repository.policy, '--output', 'json', ...args]);
}

describe('the commits that `headlock verify` is told', () => {
  it.each([
    ['HEAD~', 'HEAD'],
    ['v1', 'main'],
    ['refs/tags/v1', '@'],
  ])('have any name that git knows in a repository on this machine: %s to %s', async (from, to) => {
    const { status, stdout } = await verify(repository.path, '--from', from, '--to', to);
    expect(JSON.parse(stdout)).toMatchObject({ from: first, tip: second, verified: 1 });
    expect(status).toBe(0);
  });

  it('may be abbreviated', async () => {
    const { stdout } = await verify(repository.path, '--from', first.slice(0, 8), '--to', second.slice(0, 8));
    expect(JSON.parse(stdout)).toMatchObject({ from: first, tip: second });
  });

  it.each([
    'nowhere',
    'HEAD^{tree}',
    '--all',
    '-n1',
    '',
  ])('are refused where git knows no such commit: %j', async (to) => {
    const { status, stdout, stderr } = await verify(repository.path, `--to=${to}`);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain('git finds no commit');
  });

  it('need full ids where the repository is behind a URL', async () => {
    const { status, stderr } = await verify('http://127.0.0.1:9/shop.git', '--to', 'HEAD');
    expect(status).toBe(2);
    expect(stderr).toContain('full commit ids: `git rev-parse HEAD` in a clone prints one');
  });
});

describe('a shallow clone', () => {
  it('is told to be one where what it lacks is needed (rule 1.5)', async () => {
    const clone = join(repository.root, 'shallow');
    await repository.run('clone', '-q', '--depth=2', `file://${repository.path}`, clone);
    const lacking = await verify(clone);
    expect(lacking).toMatchObject({ status: 2, stdout: '' });
    expect(lacking.stderr).toContain('shallow and does not reach back to');
    expect(lacking.stderr).toContain('`git fetch --unshallow`');
    expect(await verify(clone, '--from', 'HEAD~')).toMatchObject({ status: 0 });
    const { stderr } = await verify(clone, '--from', 'HEAD~2');
    expect(stderr).toContain('The clone is shallow: `git fetch --unshallow` brings the rest.');
  });
});
