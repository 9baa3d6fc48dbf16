import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHttpSource } from '../../../shared/git/http-source.ts';
import type { TagSource } from '../../../shared/git/tag-source.ts';
import { DEFAULT_BRANCH_LIMITS } from '../../../shared/model/limits.ts';
import { type ObjectFormat, type Oid, parseOid } from '../../../shared/model/oid.ts';
import { type GitHttpServer, startGitHttpServer } from '../../support/git-http-server.ts';
import { createGitRepository, type GitRepository } from '../../support/git-repository.ts';

const TAGS = 60;

describe.each(['sha1', 'sha256'] satisfies ObjectFormat[])('tags of a %s repository', (format) => {
  let repository: GitRepository;
  let server: GitHttpServer;
  let commits: Oid[];
  const source = (limits = {}): TagSource =>
    createHttpSource({
      url: `${server.url}/${repository.name}`,
      credentials: null,
      limits: { ...DEFAULT_BRANCH_LIMITS, ...limits },
      timeoutMs: 20_000,
      userAgent: 'headlock/test',
    });
  const oidOf = (tag: string) => repository.head(`refs/tags/${tag}`);

  beforeAll(async () => {
    repository = await createGitRepository({ format });
    server = await startGitHttpServer(repository.root);
    commits = [];
    for (const name of ['A', 'B', 'C']) commits.push(await repository.commit(name, { files: { [name]: name } }));
    const message = 'The same long message, so that git makes deltas of them. '.repeat(20);
    for (let n = 0; n < TAGS; n += 1) await repository.run('tag', '-a', '-m', message, `v${n}`, String(commits[n % 2]));
    await repository.run('tag', 'light', String(commits[2]));
    await repository.run('tag', '-a', '-m', 'Nested', 'nested', 'v1');
    await repository.run('tag', '-a', '-m', 'A tree', 'tree', 'HEAD^{tree}');
    await repository.run('repack', '-adfq', '--window=50', '--depth=50');
  }, 60_000);
  afterAll(async () => {
    await server.close();
    await repository.remove();
  });

  it('are listed by their names, with the ids of their objects', async () => {
    const listed = await source().listTags();
    if (listed.kind !== 'tags') throw new Error(listed.message);
    expect(listed.tags.size).toBe(TAGS + 3);
    expect(listed.tags.get('v7')).toBe(await oidOf('v7'));
    expect(listed.tags.get('light')).toBe(commits[2]);
  });

  it('are fetched with their commits alone, deltas and all, in one request', async () => {
    const wanted = await Promise.all(Array.from({ length: TAGS }, (_, n) => oidOf(`v${n}`)));
    server.fault = null;
    const before = server.requests.length;
    const sent = await source().fetchTags([...wanted, String(commits[2]) as Oid]);
    if (sent.kind !== 'objects') throw new Error(sent.message);
    expect(server.requests.slice(before).map(({ command }) => command)).toEqual(['advertisement', 'fetch']);
    expect([...sent.tags.keys()].toSorted()).toEqual(wanted.toSorted());
    expect([...sent.commits.keys()].toSorted()).toEqual(commits.toSorted());
    expect(sent.tags.get(String(wanted[3]) as Oid)).toEqual(await repository.readObject(String(wanted[3])));
  });

  it('that are gone keep no other back (trust rule 1.5)', async () => {
    const absent = parseOid('e'.repeat(format === 'sha1' ? 40 : 64));
    const wanted = [await oidOf('v1'), absent, await oidOf('v2'), await oidOf('v3')];
    const sent = await source().fetchTags(wanted);
    if (sent.kind !== 'objects') throw new Error(sent.message);
    expect([...sent.tags.keys()].toSorted()).toEqual(wanted.filter((oid) => oid !== absent).toSorted());
  });

  it('are bounded (trust rule 4.7)', async () => {
    const wanted = [await oidOf('v1'), await oidOf('v2')];
    expect(await source({ objectBytes: 500 }).fetchTags(wanted)).toMatchObject({ kind: 'limit-exceeded' });
    expect(await source({ commits: 2 }).fetchTags(wanted)).toMatchObject({ kind: 'limit-exceeded', limit: 'commits' });
  });

  it.each([
    ['=shallow ', '=xhallow '],
    [' filter', ' xilter'],
  ])('come from a server that does not know%s', async (feature, other) => {
    const rewrite = (answer: Buffer) => Buffer.from(answer.toString('latin1').replace(feature, other), 'latin1');
    server.fault = ({ command }) => (command === 'advertisement' ? { kind: 'rewrite', rewrite } : null);
    const sent = await source().fetchTags([await oidOf('v1')]);
    server.fault = null;
    if (sent.kind !== 'objects') throw new Error(sent.message);
    // Without the first the history comes along, and is no tag's affair.
    const expected = feature === ' filter' ? commits.slice(1, 2) : commits.slice(0, 2);
    expect([...sent.commits.keys()].toSorted()).toEqual(expected.toSorted());
  });

  it('are not there where the server sends no pack, or cannot be reached', async () => {
    server.fault = ({ command }) => (command === 'fetch' ? { kind: 'rewrite', rewrite: () => '0000' } : null);
    expect(await source().fetchTags([await oidOf('v1')])).toMatchObject({ kind: 'unreachable', cause: 'bad_response' });
    server.fault = () => ({ kind: 'status', status: 503 });
    expect(await source().fetchTags([await oidOf('v1')])).toMatchObject({ kind: 'unreachable', cause: 'server_error' });
    expect(await source().listTags()).toMatchObject({ kind: 'unreachable', cause: 'server_error' });
    server.fault = null;
  });

  it('have names that can be written down, each once', async () => {
    const oid = await oidOf('v1');
    const list = async (...names: readonly string[]) => {
      const lines = names.map((name) => {
        const line = Buffer.from(`${oid} ${name}\n`, 'latin1');
        return Buffer.concat([Buffer.from((line.length + 4).toString(16).padStart(4, '0')), line]);
      });
      const answer = Buffer.concat([...lines, Buffer.from('0000')]);
      server.fault = ({ command }) => (command === 'ls-refs' ? { kind: 'rewrite', rewrite: () => answer } : null);
      const listed = await source().listTags();
      server.fault = null;
      return listed;
    };
    const names = ['refs/tags/a', 'refs/tags/\xff', 'refs/tags/-b', 'refs/heads/c'];
    expect(await list(...names)).toEqual({ kind: 'tags', tags: new Map([['a', oid]]) });
    expect(await list('refs/tags/a', 'refs/tags/a')).toMatchObject({ kind: 'unreachable', cause: 'bad_response' });
  });
});

describe('a listing of tags (trust rule 4.4)', () => {
  it('tells that all are gone from a server that lists nothing at all', async () => {
    const repository = await createGitRepository();
    const server = await startGitHttpServer(repository.root);
    const url = `${server.url}/${repository.name}`;
    const options = {
      url,
      credentials: null,
      limits: DEFAULT_BRANCH_LIMITS,
      timeoutMs: 20_000,
      userAgent: 'headlock/test',
    };
    try {
      expect(await createHttpSource(options).listTags()).toMatchObject({ kind: 'unreachable', cause: 'bad_response' });
      await repository.commit('A');
      expect(await createHttpSource(options).listTags()).toEqual({ kind: 'tags', tags: new Map() });
    } finally {
      await server.close();
      await repository.remove();
    }
  });
});
