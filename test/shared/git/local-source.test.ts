import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createLocalSource } from '../../../shared/git/local-source.ts';
import { DEFAULT_BRANCH_LIMITS } from '../../../shared/model/limits.ts';
import { type Oid, parseOid } from '../../../shared/model/oid.ts';
import { createGitRepository, type GitRepository, type GitRepositoryOptions } from '../../support/git-repository.ts';
import { describeWithSharedData, sharedData } from '../../support/shared-data.ts';

const UNKNOWN = '0123456789'.repeat(7);

const repositories: GitRepository[] = [];
async function createRepository(options?: GitRepositoryOptions): Promise<GitRepository> {
  const repository = await createGitRepository(options);
  repositories.push(repository);
  return repository;
}
afterAll(() => Promise.all(repositories.map((repository) => repository.remove())));

describe.each(['sha1', 'sha256'] as const)('a repository on this machine (%s)', (format) => {
  let repository: GitRepository;
  let trusted: Oid;
  let tip: Oid;
  beforeAll(async () => {
    repository = await createRepository({ format });
    await repository.commit('root', { files: { 'folder/file': '1\n' } });
    trusted = await repository.commit('trusted');
    await repository.commit('new', { date: '1500000000 +0000' });
    tip = await repository.commit('tip');
    await repository.run('branch', 'main2', trusted);
    await repository.run('branch', 'group/one', trusted);
    await repository.run('tag', '-a', 'v1', '-m', 'tag');
  });

  const fetchIds = async (path: string, want: Oid, have: Oid | null): Promise<readonly string[]> => {
    const outcome = await createLocalSource(path).fetchCommits({ want, have });
    if (outcome.kind !== 'commits') throw new Error(JSON.stringify(outcome));
    for (const [oid, raw] of outcome.commits) expect(raw).toEqual(await repository.readObject(oid));
    return [...outcome.commits.keys()].sort();
  };
  const listIds = async (...revisions: readonly string[]) =>
    (await repository.run('rev-list', ...revisions)).split('\n').sort();

  test('has its tips by their exact names', async () => {
    const source = createLocalSource(repository.path);
    expect(await source.readTip('main')).toEqual({ kind: 'tip', oid: tip, format });
    expect(await source.readTip('main2')).toEqual({ kind: 'tip', oid: trusted, format });
    for (const name of ['mai', 'group', 'v1', 'HEAD', 'Main'])
      expect(await source.readTip(name)).toEqual({ kind: 'gone' });
  });

  test('is found from a folder in it', async () => {
    expect(await createLocalSource(join(repository.path, 'folder')).readTip('main')).toMatchObject({ oid: tip });
  });

  test('gives commits as a whole, or from the trusted revision on', async () => {
    expect(await fetchIds(repository.path, tip, null)).toEqual(await listIds(tip));
    expect(await fetchIds(repository.path, tip, trusted)).toEqual(await listIds(tip, `^${trusted}`));
    expect(await fetchIds(repository.path, tip, tip)).toEqual([]);
  });

  test('gives the same when bare, and when it holds commits alone', async () => {
    const bare = await createRepository({ format, bare: true });
    const pack = await repository.pipe(`${(await listIds(tip)).join('\n')}\n`, 'pack-objects', '--stdout', '-q');
    await bare.pipe(pack, 'index-pack', '--stdin');
    await bare.run('update-ref', 'refs/heads/main', tip);
    expect(await createLocalSource(bare.path).readTip('main')).toEqual({ kind: 'tip', oid: tip, format });
    expect(await fetchIds(bare.path, tip, null)).toEqual(await listIds(tip));
    expect(await fetchIds(bare.path, tip, trusted)).toEqual(await listIds(tip, `^${trusted}`));
  });

  test('says where there is no path, and whether it knows the trusted revision', async () => {
    const source = createLocalSource(repository.path);
    const unknown = parseOid(UNKNOWN.slice(0, tip.length));
    expect(await source.fetchCommits({ want: trusted, have: tip })).toEqual({
      kind: 'no-common-path',
      haveKnown: true,
    });
    expect(await source.fetchCommits({ want: tip, have: unknown })).toEqual({
      kind: 'no-common-path',
      haveKnown: false,
    });
  });

  test('does not stand something else in for what it does not have', async () => {
    const source = createLocalSource(repository.path);
    const nothing = { kind: 'commits', commits: new Map(), collisions: new Set() };
    const tree = parseOid(await repository.run('rev-parse', 'HEAD^{tree}'));
    const tag = parseOid(await repository.run('rev-parse', 'v1'));
    const unknown = parseOid(UNKNOWN.slice(0, tip.length));
    const prefix = parseOid(tip.length === 64 ? tip.slice(0, 40) : tip.padEnd(64, '0'));
    for (const want of [tree, tag, unknown, prefix]) {
      expect(await source.fetchCommits({ want, have: null })).toEqual(nothing);
    }
  });

  test('rule 4.7: gives nothing past a limit', async () => {
    const limited = (limits: Partial<typeof DEFAULT_BRANCH_LIMITS>) =>
      createLocalSource(repository.path, { limits: { ...DEFAULT_BRANCH_LIMITS, ...limits } }).fetchCommits({
        want: tip,
        have: null,
      });
    expect(await limited({ commits: 4 })).toMatchObject({ kind: 'commits' });
    expect(await limited({ commits: 3 })).toMatchObject({ kind: 'limit-exceeded', limit: 'commits' });
    expect(await limited({ objectBytes: 100 })).toMatchObject({ kind: 'limit-exceeded', limit: 'objectBytes' });
    expect(await limited({ packBytes: 500 })).toMatchObject({ kind: 'limit-exceeded', limit: 'packBytes' });
  });
});

describe('rule 1.5: nothing but raw bytes has a say', () => {
  test('replace refs and grafts do not exist', async () => {
    const repository = await createRepository();
    const root = await repository.commit('root');
    const middle = await repository.commit('middle');
    const tip = await repository.commit('tip');
    await repository.run('replace', middle, root);
    await writeFile(join(repository.path, '.git', 'info', 'grafts'), `${tip} ${root}\n`);
    expect((await repository.run('rev-list', 'main')).split('\n')).not.toContain(middle);

    const outcome = await createLocalSource(repository.path).fetchCommits({ want: tip, have: null });
    expect(outcome).toMatchObject({ kind: 'commits' });
    const commits = outcome.kind === 'commits' ? outcome.commits : new Map<Oid, Uint8Array>();
    expect([...commits.keys()].sort()).toEqual([root, middle, tip].sort());
    expect(Buffer.from(commits.get(middle) ?? []).toString()).toContain('\n\nmiddle');
  });

  test('a shallow clone gives what it has, and its boundary proves nothing', async () => {
    const origin = await createRepository();
    for (const message of ['one', 'two', 'three']) await origin.commit(message);
    const shallow = await createRepository();
    await shallow.run('fetch', '-q', '--depth=1', `file://${origin.path}`, 'main:main', '--update-head-ok');
    const want = await origin.head();
    const outcome = await createLocalSource(shallow.path).fetchCommits({ want, have: null });
    expect(outcome.kind === 'commits' && [...outcome.commits.keys()]).toEqual([want]);

    const unshallow = { kind: 'unreachable', message: expect.stringContaining('git fetch --unshallow') };
    for (const have of [await origin.head('HEAD^'), parseOid(UNKNOWN.slice(0, 40))]) {
      expect(await createLocalSource(shallow.path).fetchCommits({ want, have })).toMatchObject(unshallow);
    }
  });

  test('the configuration of the repository runs nothing, not even to fetch what is missing', async () => {
    const repository = await createRepository();
    const first = await repository.commit('first');
    const tip = await repository.commit('tip');
    const folder = await mkdtemp(join(tmpdir(), 'hl-trap-'));
    const trap = join(folder, 'trap');
    await writeFile(trap, `#!/bin/sh\necho "$0" >>${trap}.ran\n`);
    await chmod(trap, 0o755);
    for (const [key, value] of [
      ['core.fsmonitor', trap],
      ['core.sshCommand', trap],
      ['core.pager', trap],
      ['core.hooksPath', folder],
      ['extensions.partialClone', 'origin'],
      ['remote.origin.promisor', 'true'],
      ['remote.origin.url', `ext::${trap}`],
      ['protocol.ext.allow', 'always'],
      ['credential.helper', trap],
    ] as const) {
      await repository.run('config', key, value);
    }
    await rm(join(repository.path, '.git', 'objects', first.slice(0, 2), first.slice(2)));

    await expect(repository.run('cat-file', '-p', first)).rejects.toThrow();
    expect(await readdir(folder)).toContain('trap.ran'); // the trap works
    await rm(`${trap}.ran`);

    const source = createLocalSource(repository.path);
    await source.readTip('main');
    await source.fetchCommits({ want: tip, have: null });
    await source.fetchCommits({ want: tip, have: first });
    expect(await readdir(folder)).toEqual(['trap']);
    await rm(folder, { recursive: true });
  });
});

describe('what cannot be read has a cause, and says what to do', () => {
  test('a folder without repository, and no folder', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'hl-none-'));
    const want = parseOid(UNKNOWN.slice(0, 40));
    for (const path of [folder, join(folder, 'missing')]) {
      const source = createLocalSource(path);
      for (const outcome of [await source.readTip('main'), await source.fetchCommits({ want, have: null })]) {
        expect(outcome).toMatchObject({
          kind: 'unreachable',
          cause: 'not_found',
          message: expect.stringContaining(path),
        });
      }
    }
    await rm(folder, { recursive: true });
  });

  test('no git on this machine', async () => {
    const source = createLocalSource(tmpdir(), { searchPath: '/nowhere' });
    const expected = { kind: 'unreachable', cause: 'not_found', message: expect.stringContaining('Install git') };
    expect(await source.readTip('main')).toMatchObject(expected);
    expect(await source.fetchCommits({ want: parseOid(UNKNOWN.slice(0, 40)), have: null })).toMatchObject(expected);
  });

  test('a ref that is broken is not a branch that is gone', async () => {
    const repository = await createRepository();
    await repository.commit('first');
    await writeFile(join(repository.path, '.git', 'refs', 'heads', 'broken'), 'nonsense\n');
    expect(await createLocalSource(repository.path).readTip('broken')).toMatchObject({
      kind: 'unreachable',
      cause: 'bad_response',
    });
    const turned = 'bro\u202eken';
    await writeFile(join(repository.path, '.git', 'refs', 'heads', turned), 'nonsense\n');
    const outcome = await createLocalSource(repository.path).readTip(turned);
    expect(outcome).toMatchObject({ message: expect.stringContaining('bro\ufffdken') });
  });

  test('rule 1.1: an object that does not hash to its id, and one that is missing', async () => {
    const repository = await createRepository();
    const [root, middle, tip] = [
      await repository.commit('root'),
      await repository.commit('middle'),
      await repository.commit('tip'),
    ];
    const fileOf = (oid: Oid) => join(repository.path, '.git', 'objects', oid.slice(0, 2), oid.slice(2));
    await chmod(fileOf(middle), 0o644);
    await writeFile(fileOf(middle), await readFile(fileOf(root)));
    const damaged = { kind: 'unreachable', cause: 'bad_response', message: expect.stringContaining('git fsck') };
    const source = createLocalSource(repository.path);
    expect(await source.fetchCommits({ want: tip, have: null })).toMatchObject(damaged);
    await rm(fileOf(middle));
    expect(await source.fetchCommits({ want: tip, have: null })).toMatchObject(damaged);
    expect(await source.fetchCommits({ want: tip, have: root })).toMatchObject(damaged);
  });
});

describeWithSharedData('the history of nonguix', () => {
  test('is read from a repository of commits alone', async () => {
    const repository = await createRepository({ bare: true });
    await repository.pipe(await readFile(sharedData('histories', 'nonguix', 'commits.pack')), 'index-pack', '--stdin');
    const tip = parseOid('caa8c0b4646b993537be13c9bc819b3df68ab9b2');
    const anchor = parseOid('897c1a470da759236cc11798f4e0a5f7d4d59fbc');
    await repository.run('update-ref', 'refs/heads/master', tip);

    const source = createLocalSource(repository.path);
    expect(await source.readTip('master')).toEqual({ kind: 'tip', oid: tip, format: 'sha1' });
    const whole = await source.fetchCommits({ want: tip, have: null });
    const range = await source.fetchCommits({ want: tip, have: anchor });
    expect(whole.kind === 'commits' && whole.commits.size).toBe(2_662);
    expect(range.kind === 'commits' && range.commits.size).toBe(2_177);
  });
});
