import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { CommitSource } from '../../../shared/git/commit-source.ts';
import { createHttpSource } from '../../../shared/git/http-source.ts';
import { DEFAULT_BRANCH_LIMITS } from '../../../shared/model/limits.ts';
import type { Oid } from '../../../shared/model/oid.ts';
import { buildPack } from '../../support/build-pack.ts';
import { type GitHttpServer, startGitHttpServer } from '../../support/git-http-server.ts';
import { createGitRepository, type GitRepository } from '../../support/git-repository.ts';
import { encodeAnswer, encodePackfile } from '../../support/wire-answer.ts';

/** What any git server gives is tested with many of them (remote-source.test.ts); here is what a server of HTTP can do besides. */
describe.each(['sha1', 'sha256'] as const)('a repository behind HTTP (%s)', (format) => {
  let repository: GitRepository;
  let server: GitHttpServer;
  let root: Oid;
  let trusted: Oid;
  let tip: Oid;
  let merge: Oid;

  beforeAll(async () => {
    repository = await createGitRepository({ format });
    server = await startGitHttpServer(repository.root);
    root = await repository.commit('root', { files: { a: '1\n' } });
    trusted = await repository.commit('trusted', { files: { a: '2\n', b: '1\n' } });
    tip = await repository.commit('tip', { files: { b: '2\n' } });
    await repository.run('switch', '-q', '-c', 'side', root);
    await repository.commit('side');
    await repository.run('switch', '-q', '-c', 'merged', tip);
    await repository.run('merge', '-q', '--no-ff', '-m', 'merge', 'side');
    merge = await repository.head();
  });
  afterAll(async () => {
    await server.close();
    await repository.remove();
  });
  afterEach(() => {
    server.fault = null;
  });

  const open = (): CommitSource =>
    createHttpSource({
      url: `${server.url}/${repository.name}`,
      credentials: null,
      limits: DEFAULT_BRANCH_LIMITS,
      timeoutMs: 60_000,
      userAgent: 'headlock/0.1.0',
    });
  const fetchIds = async (want: Oid, have: Oid | null): Promise<readonly Oid[]> => {
    const outcome = await open().fetchCommits({ want, have });
    if (outcome.kind !== 'commits') throw new Error(JSON.stringify(outcome));
    for (const [oid, raw] of outcome.commits) expect(raw).toEqual(await repository.readObject(oid));
    return [...outcome.commits.keys()].sort();
  };

  test('a branch that the narrow listing lacks, and the wide one has, is not gone', async () => {
    server.fault = ({ command, body }) =>
      command === 'ls-refs' && body.includes('main') ? { kind: 'rewrite', rewrite: () => '0000' } : null;
    expect(await open().readTip('main')).toEqual({ kind: 'tip', oid: tip, format });
  });

  test('commits are asked for alone, and without `done`', async () => {
    expect(await fetchIds(tip, trusted)).toEqual([tip]);
    const asked = server.requests.at(-1)?.body.toString() ?? '';
    expect(asked).toContain('filter tree:0');
    expect(asked).not.toContain('done');
    expect(asked).toContain(`object-format=${format}`);
  });

  test('commits of the trusted revision itself are none, without a request', async () => {
    const before = server.requests.length;
    expect(await fetchIds(tip, tip)).toEqual([]);
    expect(server.requests.length).toBe(before);
  });

  test('rule 1.5: commits that a server hides are absent, and nothing stands in for them', async () => {
    const body = await repository.readObject(merge);
    const hiding = encodeAnswer('acknowledgments', `ACK ${tip}`, 'ready', '0001');
    const pack = encodePackfile(buildPack([{ type: 'commit', body }], format));
    server.fault = ({ command }) =>
      command === 'fetch' ? { kind: 'rewrite', rewrite: () => Buffer.concat([Buffer.from(hiding), pack]) } : null;
    expect(await fetchIds(merge, tip)).toEqual([merge]);
  });

  test('rule 1.1: commits whose bytes were changed stand under another id', async () => {
    const forged = Buffer.from((await repository.readObject(tip)).toString().replace('alice@', 'mallory@'));
    const pack = encodePackfile(buildPack([{ type: 'commit', body: forged }], format));
    server.fault = ({ command }) => (command === 'fetch' ? { kind: 'rewrite', rewrite: () => pack } : null);
    const outcome = await open().fetchCommits({ want: tip, have: null });
    expect(outcome.kind === 'commits' && outcome.commits.size === 1 && !outcome.commits.has(tip)).toBe(true);
  });

  test('commits are asked for outright where the server says neither yes nor no', async () => {
    server.fault = ({ command, body }) =>
      command === 'fetch' && !body.includes('done')
        ? { kind: 'rewrite', rewrite: () => encodeAnswer('acknowledgments', '0000') }
        : null;
    expect(await fetchIds(tip, trusted)).toEqual([tip]);

    server.fault = ({ command }) =>
      command === 'fetch' ? { kind: 'rewrite', rewrite: () => encodeAnswer('acknowledgments', '0000') } : null;
    const outcome = await open().fetchCommits({ want: tip, have: trusted });
    expect(outcome).toMatchObject({ kind: 'unreachable', cause: 'bad_response' });
  });

  test('what the server offers is asked once', async () => {
    const source = open();
    const before = server.requests.length;
    await source.readTip('main');
    await source.fetchCommits({ want: tip, have: trusted });
    await source.readTip('main');
    const commands = server.requests.slice(before).map((request) => request.command);
    expect(commands).toEqual(['advertisement', 'ls-refs', 'fetch', 'ls-refs']);
  });

  test('a source that failed at first can be asked again', async () => {
    const source = open();
    server.fault = () => ({ kind: 'status', status: 503 });
    expect(await source.readTip('main')).toMatchObject({ cause: 'server_error' });
    server.fault = null;
    expect(await source.readTip('main')).toMatchObject({ kind: 'tip' });
  });
});
