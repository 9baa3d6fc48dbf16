import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createHttpSource } from '../../../shared/git/http-source.ts';
import type { RefSource } from '../../../shared/git/ref-source.ts';
import { DEFAULT_BRANCH_LIMITS } from '../../../shared/model/limits.ts';
import type { Oid } from '../../../shared/model/oid.ts';
import { type GitHttpServer, type GitServerFault, startGitHttpServer } from '../../support/git-http-server.ts';
import { createGitRepository, type GitRepository } from '../../support/git-repository.ts';

let repository: GitRepository;
let server: GitHttpServer;
let tip: Oid;

beforeAll(async () => {
  repository = await createGitRepository();
  server = await startGitHttpServer(repository.root);
  tip = await repository.commit('A', { files: { a: 'a' } });
  for (const ref of ['refs/heads/main2', 'refs/heads/ü', 'refs/tags/v1', 'refs/notes/x']) {
    await repository.run('update-ref', ref, tip);
  }
});
afterEach(() => {
  server.fault = null;
});
afterAll(async () => {
  await server.close();
  await repository.remove();
});

function open(): RefSource {
  return createHttpSource({
    url: `${server.url}/${repository.name}`,
    credentials: null,
    limits: DEFAULT_BRANCH_LIMITS,
    timeoutMs: 20_000,
    userAgent: 'headlock/test',
  });
}

/** Changes what the server lists. */
function rewriteListing(rewrite: (answer: string) => string): void {
  const fault: GitServerFault = {
    kind: 'rewrite',
    rewrite: (answer) => Buffer.from(rewrite(answer.toString('latin1')), 'latin1'),
  };
  server.fault = ({ command }) => (command === 'ls-refs' ? fault : null);
}

describe('listRefs', () => {
  it.each([
    [true, ['v1']],
    [false, []],
  ])('lists all branches, with tags: %o, in one request', async (withTags, tags) => {
    const before = server.requests.length;
    const listing = await open().listRefs({ withTags });
    if (listing.kind !== 'refs') throw new Error(listing.message);
    expect(server.requests.slice(before).map(({ command }) => command)).toEqual(['advertisement', 'ls-refs']);
    expect([...listing.branches.keys()].sort()).toEqual(['main', 'main2', 'ü']);
    expect(new Set(listing.branches.values())).toEqual(new Set([tip]));
    expect([...listing.tags.keys()]).toEqual(tags);
  });

  it('says the same of a server that only speaks version 0', async () => {
    const expected = await open().listRefs({ withTags: true });
    const old = await startGitHttpServer(repository.root, { config: { 'protocol.version': '0' } });
    old.fault = ({ headers }) => {
      delete headers['git-protocol'];
      return null;
    };
    const url = `${old.url}/${repository.name}`;
    const options = { limits: DEFAULT_BRANCH_LIMITS, timeoutMs: 20_000, userAgent: 'headlock/test' };
    expect(await createHttpSource({ url, credentials: null, ...options }).listRefs({ withTags: true })).toEqual(
      expected,
    );
    expect(old.requests.map(({ command }) => command)).toEqual(['advertisement']);
    await old.close();
  });

  // Trust rule 4.4: what a broken or refusing server lists is no proof that a branch is gone.
  it.each([
    ['nothing', () => '0000'],
    ['tags alone', (answer: string) => `${lines(answer).filter((line) => line.includes('refs/tags/'))}0000`],
    ['a branch twice', (answer: string) => lines(answer)[0] + answer],
    ['a tag twice', (answer: string) => lines(answer).at(-1) + answer],
    ['a listing without its end', (answer: string) => answer.slice(0, -4)],
  ])('proves nothing where the server lists %s', async (_, rewrite) => {
    rewriteListing(rewrite);
    expect(await open().listRefs({ withTags: true })).toMatchObject({ kind: 'unreachable', cause: 'bad_response' });
  });

  it.each([
    [429, { 'retry-after': '90' }, 'rate_limited'],
    [403, { 'retry-after': '90' }, 'rate_limited'],
    [503, { 'retry-after': '90' }, 'server_error'],
  ])('tells for how long a server of status %i asks to be left alone', async (status, headers, cause) => {
    server.fault = () => ({ kind: 'status', status, headers });
    expect(await open().listRefs({ withTags: false })).toMatchObject({ kind: 'unreachable', cause, retryAfter: 90 });
  });

  it.each([
    [403, { 'x-ratelimit-remaining': '0' }, 'rate_limited'],
    [500, { 'retry-after': '90' }, 'server_error'],
    [404, { 'retry-after': '90' }, 'not_found'],
  ])('takes no time from status %i with %o', async (status, headers, cause) => {
    server.fault = () => ({ kind: 'status', status, headers });
    const answer = await open().listRefs({ withTags: false });
    expect(answer).toMatchObject({ kind: 'unreachable', cause });
    expect(answer).not.toHaveProperty('retryAfter');
  });
});

/** The pkt-lines of a listing. */
function lines(answer: string): readonly string[] {
  const found: string[] = [];
  for (let at = 0; answer.slice(at, at + 4) !== '0000'; at += found.at(-1)?.length ?? 0) {
    found.push(answer.slice(at, at + Number.parseInt(answer.slice(at, at + 4), 16)));
  }
  return found;
}
