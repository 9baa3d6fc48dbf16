import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readCommitNode } from '../../../shared/git/parse-commit.ts';
import type { RepositorySource } from '../../../shared/git/ref-source.ts';
import { createRememberedRemote } from '../../../shared/git/remembered-remote.ts';
import { createRemoteSource } from '../../../shared/git/remote-source.ts';
import { type BranchLimits, DEFAULT_BRANCH_LIMITS } from '../../../shared/model/limits.ts';
import type { Oid } from '../../../shared/model/oid.ts';
import { createGitRepository, type GitRepository } from '../../support/git-repository.ts';
import { GIT_SERVERS, type StartedGitServer } from '../../support/git-servers.ts';
import { oidOf } from '../../support/small-history.ts';

const REFS = 2_000;
const MANY_REFS = 'many-refs';
const EMPTY = 'empty';
const SHALLOW = 'shallow';

/** Branches by name: every commit that is wanted below is one's tip, which servers of any version give out. */
async function writeHistory(repository: GitRepository): Promise<void> {
  const startBranch = (...args: readonly string[]) => repository.run('switch', '-q', ...args);
  await repository.commit('root', { files: { a: '1\n' } });
  await repository.run('branch', 'older');
  await repository.commit('trusted', { files: { a: '2\n', 'folder/b': '1\n' } });
  await repository.run('branch', 'trusted');
  await repository.commit('new', { files: { 'folder/b': '2\n' } });
  await repository.commit('tip', { files: { a: '3\n' } });
  await startBranch('-c', 'side', 'older');
  await repository.commit('side');
  await startBranch('-c', 'merged', 'main');
  await repository.run('merge', '-q', '--no-ff', '-m', 'merge', 'side');
  await startBranch('-c', 'rewritten', 'trusted');
  await repository.commit('in place of new');
  await startBranch('--orphan', 'unrelated');
  await repository.commit('unrelated');
  await startBranch('-c', 'late', 'main');
  await repository.commit('dated late', { date: '1900000000 +0000' });
  await startBranch('-c', 'skewed');
  await repository.commit('dated early', { date: '1500000000 +0000' });
  await repository.commit('dated late again', { date: '1950000000 +0000' });
  await repository.run('tag', '-a', '-m', 'release', 'v1', 'main');
  await repository.run('tag', 'light', 'trusted');
  await repository.run('clone', '-q', '--bare', '.', `../${MANY_REFS}`);
  const main = await repository.head('main');
  const updates = Array.from({ length: REFS }, (_, n) => `create refs/heads/group/${n} ${main}\n`).join('');
  await repository.pipe(updates, `--git-dir=../${MANY_REFS}`, 'update-ref', '--stdin');
  const format = await repository.run('rev-parse', '--show-object-format');
  await repository.run('init', '-q', '--bare', `--object-format=${format}`, `../${EMPTY}`);
  // It has both ends of what is new, and nothing between them.
  await repository.run('init', '-q', '--bare', `--object-format=${format}`, `../${SHALLOW}`);
  for (const branch of ['trusted', 'main']) {
    const refs = [`file://${repository.path}`, `${branch}:${branch}`];
    await repository.run(`--git-dir=../${SHALLOW}`, 'fetch', '-q', '--depth=1', ...refs);
  }
}

describe.each(['sha1', 'sha256'] as const)('a repository (%s)', (format) => {
  let repository: GitRepository;
  const bodies = new Map<Oid, Buffer>();
  const tips = new Map<string, Oid>();
  const tip = (branch: string): Oid => tips.get(branch) ?? oidOf('0');

  beforeAll(async () => {
    repository = await createGitRepository({ format });
    await writeHistory(repository);
    for (const line of (await repository.run('for-each-ref', '--format=%(objectname) %(refname:lstrip=2)')).split(
      '\n',
    )) {
      const [oid = '', name = ''] = line.split(' ');
      tips.set(name, oid as Oid);
    }
    const all = (await repository.run('rev-list', '--all')).split('\n') as Oid[];
    await Promise.all(all.map(async (oid) => bodies.set(oid, await repository.readObject(oid))));
  });
  afterAll(() => repository.remove());

  // The other format has its say in ids alone.
  const servers = GIT_SERVERS.filter((_, index) => format === 'sha1' || index % 3 === 0);
  describe.each(servers)('behind $name', ({ gives, start }) => {
    let server: StartedGitServer;
    let source: RepositorySource;
    beforeAll(async () => {
      server = await start(repository.root);
      source = open();
    });
    afterAll(() => server.close());

    const open = (name = repository.name, limits: Partial<BranchLimits> = {}): RepositorySource =>
      createRemoteSource({
        remote: createRememberedRemote(server.open(name), 'headlock/test'),
        limits: { ...DEFAULT_BRANCH_LIMITS, ...limits },
        timeoutMs: 60_000,
      });
    const fetchIds = async (want: Oid, have: Oid | null): Promise<readonly Oid[]> => {
      const outcome = await source.fetchCommits({ want, have });
      if (outcome.kind !== 'commits') throw new Error(JSON.stringify(outcome));
      for (const [oid, raw] of outcome.commits) expect(bodies.get(oid)?.equals(raw)).toBe(true);
      return [...outcome.commits.keys()].sort();
    };
    const listIds = async (...revisions: readonly string[]): Promise<readonly string[]> =>
      (await repository.run('rev-list', ...revisions)).split('\n').sort();

    test('shows each tip by its exact name, and that a branch is gone beside others', async () => {
      for (const branch of ['main', 'merged'])
        expect(await source.readTip(branch)).toEqual({ kind: 'tip', oid: tip(branch), format });
      for (const branch of ['mai', 'Main', 'v1']) expect(await source.readTip(branch)).toEqual({ kind: 'gone' });
    });

    test('shows a tip that was moved since', async () => {
      await repository.run('branch', '-f', 'moving', 'older');
      expect(await source.readTip('moving')).toMatchObject({ oid: tip('older') });
      await repository.run('branch', '-f', 'moving', 'main');
      expect(await source.readTip('moving')).toMatchObject({ oid: tip('main') });
      await repository.run('branch', '-D', 'moving');
      expect(await source.readTip('moving')).toEqual({ kind: 'gone' });
    });

    test('gives the whole history, or what is new, and nothing but commits', async () => {
      expect(await fetchIds(tip('main'), null)).toEqual(await listIds('main'));
      expect(await fetchIds(tip('main'), tip('trusted'))).toEqual(await listIds('main', '^trusted'));
      expect(await fetchIds(tip('main'), tip('main'))).toEqual([]);
    });

    test('gives a side branch that left before the trusted revision, and only that', async () => {
      expect(await fetchIds(tip('merged'), tip('main'))).toEqual([tip('merged'), tip('side')].sort());
      const outcome = await source.fetchCommits({ want: tip('merged'), have: tip('main') });
      const raw = outcome.kind === 'commits' ? outcome.commits.get(tip('side')) : undefined;
      expect(readCommitNode(tip('side'), raw ?? new Uint8Array())?.parents).toEqual([tip('older')]);
    });

    test.each([
      ['rewritten', 'rewritten', 'main'],
      ['of another history', 'unrelated', 'main'],
      ['a lagging replica’s: one commit behind', 'main', 'late'],
      ['a lagging replica’s: many behind', 'older', 'main'],
    ])('gives no commit of a branch that is %s', async (_, want, have) => {
      const request = { want: tip(want), have: tip(have) };
      expect(await source.fetchCommits(request)).toEqual({ kind: 'no-common-path', haveKnown: true });
    });

    test('gives no commit where it does not know the trusted revision', async () => {
      const have = oidOf('e', tip('main').length);
      const expected = { kind: 'no-common-path', haveKnown: false };
      expect(await source.fetchCommits({ want: tip('main'), have })).toEqual(expected);
    });

    test('rule 1.5: concludes nothing behind its boundary, where it is shallow', async () => {
      const outcome = await open(SHALLOW).fetchCommits({ want: tip('main'), have: tip('trusted') });
      expect(outcome).toMatchObject({ kind: 'commits', commits: new Map([[tip('main'), expect.anything()]]) });
    });

    test('gives nothing for a commit that it does not have', async () => {
      const want = oidOf('e', tip('main').length);
      for (const have of [null, tip('main')])
        expect(await source.fetchCommits({ want, have })).toMatchObject({ kind: 'commits', commits: new Map() });
    });

    test('rule 4.2: is asked by ancestry where a clock was wrong', async () => {
      expect(await fetchIds(tip('skewed'), tip('late'))).toEqual(await listIds('skewed', '^late'));
      const ids = await fetchIds(tip('skewed'), tip('main'));
      expect(ids).toEqual(expect.arrayContaining([...(await listIds('skewed', '^main'))]));
    });

    test('rule 4.7: gives none past a limit', async () => {
      const limited = (limits: Partial<BranchLimits>) =>
        open(repository.name, limits).fetchCommits({ want: tip('main'), have: null });
      expect(await limited({ commits: 4 })).toMatchObject({ kind: 'commits' });
      expect(await limited({ commits: 3 })).toMatchObject({ kind: 'limit-exceeded', limit: 'commits' });
      expect(await limited({ objectBytes: 100 })).toMatchObject({ kind: 'limit-exceeded', limit: 'objectBytes' });
      expect(await limited({ packBytes: 100 })).toMatchObject({ kind: 'limit-exceeded', limit: 'packBytes' });
    });

    test('gives tags and what they lead to', async () => {
      const listed = await source.listTags();
      const tags = new Map([
        ['light', tip('light')],
        ['v1', tip('v1')],
      ]);
      expect(listed).toEqual({ kind: 'tags', tags });
      const sent = await source.fetchTags([...tags.values()]);
      if (sent.kind !== 'objects') throw new Error(JSON.stringify(sent));
      expect([...sent.tags.keys()]).toEqual([tip('v1')]);
      expect([...sent.commits.keys()].sort()).toEqual([tip('main'), tip('trusted')].sort());
    });

    test('shows 2,000 branches, and the one among them', async () => {
      const many = open(MANY_REFS);
      const listed = await many.listRefs({ withTags: true });
      if (listed.kind !== 'refs') throw new Error(JSON.stringify(listed));
      expect(listed.branches.size).toBe(REFS + tips.size - 2);
      expect(listed.branches.get('group/1999')).toBe(tip('main'));
      expect(await many.readTip('group/7')).toEqual({ kind: 'tip', oid: tip('main'), format });
      expect(await many.readTip('group')).toEqual({ kind: 'gone' });
    });

    test('rule 4.4: proves nothing by an empty repository', async () => {
      const empty = open(EMPTY);
      expect(await empty.readTip('main')).toMatchObject({ kind: 'unreachable', cause: 'bad_response' });
      expect(await empty.listTags()).toMatchObject({ kind: 'unreachable', cause: 'bad_response' });
    });

    test('is refused where its object ids are of another format', async () => {
      const want = oidOf('e', format === 'sha1' ? 64 : 40);
      expect(await source.fetchCommits({ want, have: null })).toMatchObject({ cause: 'bad_response' });
    });

    test(gives === 'tips' ? 'gives no commit that no ref points at' : 'gives any commit of its history', async () => {
      const parent = await repository.head('main~1');
      const outcome = await source.fetchCommits({ want: parent, have: tip('trusted') });
      expect(outcome.kind === 'commits' && [...outcome.commits.keys()]).toEqual(gives === 'tips' ? [] : [parent]);
    });
  });
});
