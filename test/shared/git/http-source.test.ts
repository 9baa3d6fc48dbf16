import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { CommitSource } from '../../../shared/git/commit-source.ts';
import { createHttpSource, type HttpSourceOptions } from '../../../shared/git/http-source.ts';
import { readCommitNode } from '../../../shared/git/parse-commit.ts';
import { DEFAULT_BRANCH_LIMITS } from '../../../shared/model/limits.ts';
import { type Oid, parseOid } from '../../../shared/model/oid.ts';
import { buildPack } from '../../support/build-pack.ts';
import { type GitHttpServer, startGitHttpServer } from '../../support/git-http-server.ts';
import { createGitRepository, type GitRepository } from '../../support/git-repository.ts';
import { encodeAnswer, encodePackfile } from '../../support/wire-answer.ts';

const UNKNOWN = parseOid('0123456789'.repeat(4));

describe.each(['sha1', 'sha256'] as const)('a repository behind git http-backend (%s)', (format) => {
  let repository: GitRepository;
  let server: GitHttpServer;

  beforeAll(async () => {
    repository = await createGitRepository({ format });
    server = await startGitHttpServer(repository.root);
  });
  afterAll(async () => {
    await server.close();
    await repository.remove();
  });

  const open = (changes: Partial<HttpSourceOptions> = {}): CommitSource =>
    createHttpSource({
      url: `${server.url}/${repository.name}`,
      credentials: null,
      limits: DEFAULT_BRANCH_LIMITS,
      timeoutMs: 60_000,
      userAgent: 'headlock/0.1.0',
      ...changes,
    });

  afterEach(() => {
    server.fault = null;
  });

  const fetchIds = async (want: Oid, have: Oid | null): Promise<readonly Oid[]> => {
    const outcome = await open().fetchCommits({ want, have });
    if (outcome.kind !== 'commits') throw new Error(JSON.stringify(outcome));
    for (const [oid, raw] of outcome.commits) expect(raw).toEqual(await repository.readObject(oid));
    return [...outcome.commits.keys()].sort();
  };
  const listIds = async (...revisions: readonly string[]): Promise<readonly string[]> =>
    (await repository.run('rev-list', ...revisions)).split('\n').sort();
  const startBranch = (...args: readonly string[]): Promise<string> => repository.run('switch', '-q', ...args);

  test('an empty repository is no proof that a branch is gone', async () => {
    expect(await open().readTip('main')).toMatchObject({ kind: 'unreachable', cause: 'bad_response' });
  });

  test('a tip is read by its exact name, and a branch is gone only beside others', async () => {
    await startBranch('-c', 'release2');
    const tip = await repository.commit('first', { files: { 'folder/file': 'content\n' } });
    expect(await open().readTip('release2')).toEqual({ kind: 'tip', oid: tip, format });
    expect(await open().readTip('release')).toEqual({ kind: 'gone' });
    expect(await open().readTip('Release2')).toEqual({ kind: 'gone' });
    expect(await open().readTip('other')).toEqual({ kind: 'gone' });
  });

  test('a tag, or a branch under a folder of that name, is no branch of that name', async () => {
    await repository.run('tag', 'v1');
    await repository.run('branch', 'group/one');
    expect(await open().readTip('v1')).toEqual({ kind: 'gone' });
    expect(await open().readTip('group')).toEqual({ kind: 'gone' });
    expect(await open().readTip('group/one')).toMatchObject({ kind: 'tip' });
  });

  test('a branch that the narrow listing lacks, and the wide one has, is not gone', async () => {
    server.fault = ({ command, body }) =>
      command === 'ls-refs' && body.includes('release2') ? { kind: 'rewrite', rewrite: () => '0000' } : null;
    expect(await open().readTip('release2')).toMatchObject({ kind: 'tip' });
  });

  describe('commits', () => {
    let root: Oid;
    let trusted: Oid;
    let tip: Oid;
    beforeAll(async () => {
      await startBranch('-c', 'main');
      root = await repository.commit('root', { files: { a: '1\n' } });
      trusted = await repository.commit('trusted', { files: { a: '2\n', b: '1\n' } });
      await repository.commit('new', { files: { b: '2\n' } });
      tip = await repository.commit('tip', { files: { a: '3\n' } });
    });

    test('come as a whole, or from the trusted revision on, and nothing but commits', async () => {
      expect(await fetchIds(tip, null)).toEqual(await listIds(tip));
      expect(await fetchIds(tip, trusted)).toEqual(await listIds(tip, `^${trusted}`));
      const asked = server.requests.at(-1)?.body.toString() ?? '';
      expect(asked).toContain('filter tree:0');
      expect(asked).not.toContain('done');
      expect(asked).toContain(`object-format=${format}`);
    });

    test('of the trusted revision itself are none, without a request', async () => {
      const before = server.requests.length;
      expect(await open().fetchCommits({ want: tip, have: tip })).toEqual({
        kind: 'commits',
        commits: new Map(),
        collisions: new Set(),
      });
      expect(server.requests.length).toBe(before);
    });

    test('that the server does not have are absent', async () => {
      const want = parseOid(UNKNOWN.padEnd(tip.length, '0'));
      expect(await open().fetchCommits({ want, have: trusted })).toEqual({
        kind: 'commits',
        commits: new Map(),
        collisions: new Set(),
      });
      expect(await open().fetchCommits({ want, have: null })).toEqual({
        kind: 'commits',
        commits: new Map(),
        collisions: new Set(),
      });
    });

    test('of a replica that lags behind are none: one commit behind, or more', async () => {
      const expected = { kind: 'no-common-path', haveKnown: true };
      expect(await open().fetchCommits({ want: trusted, have: tip })).toEqual(expected);
      expect(await open().fetchCommits({ want: root, have: tip })).toEqual(expected);
    });

    test('of a rewritten branch are none: the trusted revision known, or pruned', async () => {
      await startBranch('-c', 'rewritten', trusted);
      const forced = await repository.commit('in place of new');
      expect(await open().fetchCommits({ want: forced, have: tip })).toEqual({
        kind: 'no-common-path',
        haveKnown: true,
      });
      const pruned = parseOid(UNKNOWN.padEnd(tip.length, '0'));
      expect(await open().fetchCommits({ want: forced, have: pruned })).toEqual({
        kind: 'no-common-path',
        haveKnown: false,
      });
    });

    test('of an unrelated history are none', async () => {
      await startBranch('--orphan', 'unrelated');
      const unrelated = await repository.commit('unrelated');
      expect(await open().fetchCommits({ want: unrelated, have: tip })).toEqual({
        kind: 'no-common-path',
        haveKnown: true,
      });
    });

    test('rule 4.2: are found by ancestry where a clock was wrong', async () => {
      await startBranch('-c', 'skewed', tip);
      const late = await repository.commit('trusted, dated late', { date: '1900000000 +0000' });
      await repository.commit('dated early', { date: '1500000000 +0000' });
      const skewed = await repository.commit('dated late again', { date: '1950000000 +0000' });
      expect(await fetchIds(skewed, late)).toEqual(await listIds(skewed, `^${late}`));
      expect(await fetchIds(skewed, tip)).toEqual(expect.arrayContaining([...(await listIds(skewed, `^${tip}`))]));
    });

    test('of a side branch that left before the trusted revision come along, and only those', async () => {
      await startBranch('-c', 'side', root);
      const side = await repository.commit('side');
      await repository.commit('never merged');
      await startBranch('-c', 'merged', tip);
      await repository.run('merge', '-q', '--no-ff', '-m', 'merge', side);
      const merge = await repository.head();
      expect(await fetchIds(merge, tip)).toEqual([merge, side].sort());

      const outcome = await open().fetchCommits({ want: merge, have: tip });
      const raw = outcome.kind === 'commits' ? outcome.commits.get(side) : undefined;
      expect(readCommitNode(side, raw ?? new Uint8Array())?.parents).toEqual([root]);
    });

    test('rule 1.5: that a server hides are absent, and nothing stands in for them', async () => {
      const merge = await repository.head('merged');
      const body = await repository.readObject(merge);
      const hiding = encodeAnswer('acknowledgments', `ACK ${tip}`, 'ready', '0001');
      const pack = encodePackfile(buildPack([{ type: 'commit', body }], format));
      server.fault = ({ command }) =>
        command === 'fetch' ? { kind: 'rewrite', rewrite: () => Buffer.concat([Buffer.from(hiding), pack]) } : null;
      expect(await fetchIds(merge, tip)).toEqual([merge]);
    });

    test('rule 1.1: whose bytes were changed stand under another id', async () => {
      const forged = Buffer.from((await repository.readObject(tip)).toString().replace('alice@', 'mallory@'));
      const pack = encodePackfile(buildPack([{ type: 'commit', body: forged }], format));
      server.fault = ({ command }) => (command === 'fetch' ? { kind: 'rewrite', rewrite: () => pack } : null);
      const outcome = await open().fetchCommits({ want: tip, have: null });
      expect(outcome.kind === 'commits' && outcome.commits.size === 1 && !outcome.commits.has(tip)).toBe(true);
    });

    test('are asked for outright where the server says neither yes nor no', async () => {
      server.fault = ({ command, body }) =>
        command === 'fetch' && !body.includes('done')
          ? { kind: 'rewrite', rewrite: () => encodeAnswer('acknowledgments', '0000') }
          : null;
      expect(await fetchIds(tip, trusted)).toEqual(await listIds(tip, `^${trusted}`));

      server.fault = ({ command }) =>
        command === 'fetch' ? { kind: 'rewrite', rewrite: () => encodeAnswer('acknowledgments', '0000') } : null;
      const outcome = await open().fetchCommits({ want: tip, have: trusted });
      expect(outcome).toMatchObject({ kind: 'unreachable', cause: 'bad_response' });
    });

    test('come from a server that cannot filter, too', async () => {
      const plain = await startGitHttpServer(repository.root, { config: { 'uploadpack.allowFilter': 'false' } });
      const source = open({ url: `${plain.url}/${repository.name}` });
      const outcome = await source.fetchCommits({ want: tip, have: trusted });
      expect(plain.requests.at(-1)?.body.toString()).not.toContain('filter');
      expect(outcome.kind === 'commits' ? [...outcome.commits.keys()].sort() : outcome).toEqual(
        await listIds(tip, `^${trusted}`),
      );
      await plain.close();
    });

    test('rule 4.7: are none past a limit', async () => {
      const limited = async (limits: Partial<typeof DEFAULT_BRANCH_LIMITS>) =>
        open({ limits: { ...DEFAULT_BRANCH_LIMITS, ...limits } }).fetchCommits({ want: tip, have: null });
      expect(await limited({ commits: 5 })).toMatchObject({ kind: 'commits' });
      expect(await limited({ commits: 4 })).toMatchObject({ kind: 'limit-exceeded', limit: 'commits' });
      expect(await limited({ objectBytes: 100 })).toMatchObject({ kind: 'limit-exceeded', limit: 'objectBytes' });
      expect(await limited({ packBytes: 100 })).toMatchObject({
        kind: 'limit-exceeded',
        limit: 'packBytes',
        message: expect.stringContaining('limits.packBytes'),
      });
    });

    test('of another object format are refused', async () => {
      const want = format === 'sha1' ? parseOid('a'.repeat(64)) : UNKNOWN;
      expect(await open().fetchCommits({ want, have: null })).toMatchObject({ cause: 'bad_response' });
    });

    test('and what the server offers is asked once', async () => {
      const source = open();
      const before = server.requests.length;
      await source.readTip('main');
      await source.fetchCommits({ want: tip, have: trusted });
      await source.readTip('main');
      const commands = server.requests.slice(before).map((request) => request.command);
      expect(commands).toEqual(['advertisement', 'ls-refs', 'fetch', 'ls-refs']);
    });
  });

  test('a source that failed at first can be asked again', async () => {
    const source = open();
    server.fault = () => ({ kind: 'status', status: 503 });
    expect(await source.readTip('main')).toMatchObject({ cause: 'server_error' });
    server.fault = null;
    expect(await source.readTip('main')).toMatchObject({ kind: 'tip' });
  });
});
