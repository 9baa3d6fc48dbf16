import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { askForge, type Forge } from '../../../cli/operations/ask-forge.ts';
import { chooseForge } from '../../../cli/operations/choose-forge.ts';
import { type PageServer, startPageServer } from '../../support/page-server.ts';

let server: PageServer;
beforeEach(async () => {
  server = await startPageServer();
});
afterEach(() => server.close());

const forgeAt = (kind: Forge['kind'], url = server.url): Forge => ({ kind, url: new URL(url) });
const BOTH = { openpgp: true, ssh: true };

describe('asking a forge for keys', () => {
  it.each([
    [
      'github',
      ['/alice.gpg', '/alice.keys', '/api/v3/users/alice/ssh_signing_keys', '/web-flow.gpg'],
      { '/api/v3/users/alice/ssh_signing_keys': '[{ "id": 1, "key": "ssh-ed25519 AAAA" }]' },
      'ssh-ed25519 AAAA\n',
    ],
    [
      'gitlab',
      ['/alice.gpg', '/alice.keys', '/api/v4/web_commits/public_key'],
      { '/api/v4/web_commits/public_key': '{ "public_key": "ssh-ed25519 BBBB" }' },
      'ssh-ed25519 BBBB\n',
    ],
    [
      'gitea',
      ['/alice.gpg', '/alice.keys', '/api/v1/signing-key.gpg', '/api/v1/signing-key.ssh'],
      { '/api/v1/signing-key.ssh': 'ssh-ed25519 CCCC' },
      'ssh-ed25519 CCCC',
    ],
  ] as const)('asks %s at its own places', async (kind, paths, pages, text) => {
    for (const [path, page] of Object.entries(pages)) server.pages.set(path, page);
    const { served, problems } = await askForge(forgeAt(kind), { users: ['alice'], ...BOTH });
    expect(server.requests.toSorted()).toEqual(paths);
    expect(served.map((one) => Buffer.from(one.text).toString())).toEqual([text]);
    expect(problems).toEqual([]);
  });

  it('says whose each key is as the forge does, and from where', async () => {
    server.pages.set('/alice.gpg', 'A').set('/web-flow.gpg', 'W');
    const { served } = await askForge(forgeAt('github'), { users: ['alice'], openpgp: true, ssh: false });
    expect(served.map(({ place }) => place)).toEqual([
      { kind: 'forge', location: `${server.url}/web-flow.gpg`, user: null, own: 'github' },
      { kind: 'forge', location: `${server.url}/alice.gpg`, user: 'alice', own: null },
    ]);
  });

  it('follows a redirect on the same host, and none to another', async () => {
    const other = await startPageServer({ '/alice.gpg': 'key' });
    server.pages.set('/alice.gpg', { status: 302, location: '/Alice.gpg' }).set('/Alice.gpg', 'key');
    const question = { users: ['alice'], openpgp: true, ssh: false };
    expect((await askForge(forgeAt('gitlab'), question)).served).toHaveLength(1);
    server.pages.set('/alice.gpg', { status: 302, location: `${other.url}/alice.gpg` });
    const { served, problems } = await askForge(forgeAt('gitlab'), question);
    expect(served).toEqual([]);
    expect(problems).toEqual([`${server.url}/alice.gpg: It redirects to another host, which is not followed.`]);
    expect(other.requests).toEqual([]);
    await other.close();
  });

  it.each([
    ['an answer without end', Buffer.alloc(1024 * 1024 + 1), 'larger than 1048576 bytes'],
    ['a refusal', { status: 429 }, 'It answers 429. Try again later.'],
    ['redirects in a circle', { status: 302, location: '/alice.gpg' }, 'It redirects too often.'],
    ['a redirect to plain http elsewhere', { status: 302, location: 'http://192.0.2.1/' }, 'nothing protects'],
  ])('tells of %s, and goes on', async (_, page, problem) => {
    server.pages.set('/alice.gpg', page).set('/bob.gpg', 'key');
    const question = { users: ['alice', 'bob'], openpgp: true, ssh: false };
    const { served, problems } = await askForge(forgeAt('gitlab'), question);
    expect(served.map(({ place }) => place.user)).toEqual(['bob']);
    expect(problems).toEqual([expect.stringContaining(problem)]);
  });

  it('tells of an answer that is not what the forge says it to be', async () => {
    server.pages.set('/api/v4/web_commits/public_key', '<html>');
    const { problems } = await askForge(forgeAt('gitlab'), { users: [], ...BOTH });
    expect(problems).toEqual([expect.stringContaining('The answer is not the JSON that was expected.')]);
  });

  it('asks for 200 users at most, and says so', async () => {
    const users = Array.from({ length: 201 }, (_, n) => `user${n}`);
    const { problems } = await askForge(forgeAt('gitlab'), { users, openpgp: false, ssh: true });
    expect(server.requests).toHaveLength(201);
    expect(problems).toEqual([expect.stringContaining('Only the 200 users')]);
  });
});

describe('the forge of a repository', () => {
  it.each([
    ['https://github.com/example/shop.git', 'github', 'https://github.com/'],
    ['git@github.com:example/shop.git', 'github', 'https://github.com/'],
    ['ssh://git@gitlab.example.com:2222/shop.git', 'gitlab', 'https://gitlab.example.com/'],
    ['https://alice:sesame@codeberg.org/example/shop.git', 'gitea', 'https://codeberg.org/'],
  ])('of %s is %s at %s', (remote, kind, url) => {
    const forge = chooseForge({})({ remote });
    expect({ kind: forge.kind, url: forge.url.href }).toEqual({ kind, url });
  });

  it('is the one that the user names', () => {
    const forge = chooseForge({ forge: 'gitea', forgeUrl: 'https://git.example.com/forge' })({ remote: null });
    expect({ kind: forge.kind, url: forge.url.href }).toEqual({ kind: 'gitea', url: 'https://git.example.com/forge' });
  });

  it.each([
    [null, {}, '--forge-url'],
    ['/srv/git/shop.git', {}, '--forge-url'],
    ['http://git.example.com/shop.git', {}, '--forge-url'],
    ['https://git.example.com/shop.git', {}, '--forge'],
  ])('is not known from %s', (remote, named, advice) => {
    expect(() => chooseForge(named)({ remote })).toThrow(advice);
  });
});
