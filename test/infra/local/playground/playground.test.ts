import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Webhooks } from '@octokit/webhooks';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type LoopbackServer, startLoopbackServer } from '../../../../infra/local/loopback-server.ts';
import { createPlayground } from '../../../../infra/local/playground/create-playground.ts';
import { createPlaygroundServer, type Playground } from '../../../../infra/local/playground/playground.ts';
import { eventually } from '../../../support/eventually.ts';
import { createGitRepository, type GitRepository } from '../../../support/git-repository.ts';

const SECRET = 'correct horse battery staple';
const NULL_OID = '0'.repeat(40);
const { PATH: searchPath = '' } = process.env;

interface Delivery {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly push: {
    readonly ref: string;
    readonly before: string;
    readonly after: string;
    readonly created: boolean;
    readonly deleted: boolean;
    readonly repository: { readonly clone_url: string; readonly full_name: string };
  };
}

let folder: string;
let playground: Playground;
let server: LoopbackServer;
let repository: GitRepository;
let anchor: string;
let deliveries: Delivery[];
/** What the API answers to the next deliveries; 202 after that. */
let answers: number[];
let secret: string | null;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hl-playground-'));
  deliveries = [];
  answers = [];
  secret = SECRET;
  anchor = await createPlayground({ folder, name: 'demo', searchPath });
  server = await startLoopbackServer(0);
  playground = createPlaygroundServer({
    folder,
    searchPath,
    baseUrl: server.url,
    logFile: join(folder, 'playground.log'),
    readWebhookSecret: async () => secret,
  });
  server.serve = async (request, response, url) => {
    if (url.pathname.startsWith('/playground/')) return playground.serve(request, response, url);
    const body = Buffer.concat(await request.toArray()).toString();
    deliveries.push({ path: url.pathname, headers: request.headers, body, push: JSON.parse(body) });
    response.writeHead(answers.shift() ?? 202).end();
  };
  repository = await createGitRepository();
  await repository.run('remote', 'add', 'origin', `${server.url}/playground/demo.git`);
  await repository.run('fetch', '-q', 'origin');
  await repository.run('reset', '-q', '--hard', 'origin/main');
});

afterEach(async () => {
  await playground.close();
  await server.close();
  await repository.remove();
  await rm(folder, { recursive: true, force: true });
});

async function deliveriesOf(count: number): Promise<readonly Delivery[]> {
  await eventually(() => expect(deliveries).toHaveLength(count));
  return deliveries;
}

describe('createPlayground', () => {
  it('makes one commit, the same every time', async () => {
    expect(anchor).toBe('bd9a7dc2ba98b8fddda9e66730fc8c0c1a9502cb');
    expect(await repository.run('log', '--format=%H %an', 'origin/main')).toBe(`${anchor} Headlock playground`);
    expect(await repository.run('ls-tree', '-r', '--name-only', 'origin/main')).toBe('README.md\ndeploy/app.yaml');
  });

  it('leaves what is there already, and says the anchor again', async () => {
    const tip = await repository.commit('next');
    await repository.run('push', '-q', 'origin', 'main');
    expect(await createPlayground({ folder, name: 'demo', searchPath })).toBe(anchor);
    expect(await repository.run('ls-remote', 'origin', 'refs/heads/main')).toBe(`${tip}\trefs/heads/main`);
  });

  it('says so where git is missing', async () => {
    const missing = createPlayground({ folder, name: 'other', searchPath: folder });
    await expect(missing).rejects.toMatchObject({
      code: 'git_failed',
      message: expect.stringContaining('Install git'),
    });
  });
});

describe('createPlaygroundServer', () => {
  it('tells of a push by a webhook signed as GitHub signs', async () => {
    const tip = await repository.commit('Say "hi" – ünïcode');
    await repository.run('push', '-q', 'origin', 'main');
    const [delivery] = await deliveriesOf(1);
    expect(delivery).toMatchObject({
      path: '/webhooks/demo',
      headers: {
        'content-type': 'application/json',
        'x-github-event': 'push',
        'x-github-delivery': expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f-]{27}$/),
      },
      push: {
        ref: 'refs/heads/main',
        before: anchor,
        after: tip,
        created: false,
        deleted: false,
        repository: { full_name: 'playground/demo', clone_url: `${server.url}/playground/demo.git` },
      },
    });
    const oracle = new Webhooks({ secret: SECRET });
    expect(await oracle.verify(delivery?.body ?? '', String(delivery?.headers['x-hub-signature-256']))).toBe(true);
  });

  it('tells of each branch and tag that a push changed', async () => {
    const first = await repository.commit('one');
    await repository.run('branch', 'side');
    const second = await repository.commit('two');
    await repository.run('tag', 'v1', first);
    await repository.run('push', '-q', 'origin', 'main', 'side', 'v1');
    const told = (await deliveriesOf(3)).map(({ push: { ref, before, after, created } }) => [
      ref,
      before,
      after,
      created,
    ]);
    expect(told.toSorted()).toEqual([
      ['refs/heads/main', anchor, second, false],
      ['refs/heads/side', NULL_OID, first, true],
      ['refs/tags/v1', NULL_OID, first, true],
    ]);
  });

  it('tells of a forced push and of a deletion', async () => {
    const first = await repository.commit('one');
    await repository.run('push', '-q', 'origin', 'main');
    await deliveriesOf(1);
    await repository.run('reset', '-q', '--hard', anchor);
    const other = await repository.commit('other', { files: { a: '1' } });
    await repository.run('push', '-q', '--force', 'origin', 'main');
    await deliveriesOf(2);
    await repository.run('push', '-q', 'origin', ':main');
    const [, forced, deleted] = await deliveriesOf(3);
    expect(forced?.push).toMatchObject({ before: first, after: other, deleted: false });
    expect(deleted?.push).toMatchObject({ before: other, after: NULL_OID, deleted: true });
  });

  it('tells nothing of a push that changed nothing or was refused', async () => {
    await repository.run('push', '-q', 'origin', 'main');
    await repository.run('reset', '-q', '--hard', anchor);
    await repository.commit('mine', { files: { a: '1' } });
    await repository.run('push', '-q', 'origin', 'main');
    await deliveriesOf(1);
    await repository.run('reset', '-q', '--hard', anchor);
    await repository.commit('late', { files: { b: '1' } });
    await expect(repository.run('push', '-q', 'origin', 'main')).rejects.toThrow('rejected');
    await playground.close();
    expect(deliveries).toHaveLength(1);
  });

  it.each([
    [
      'the API refuses',
      () => {
        answers.push(401);
      },
      'answered 401',
    ],
    [
      'there is no secret',
      () => {
        secret = null;
      },
      'no webhook secret',
    ],
  ])('gives up and logs it where %s', async (_, prepare, reason) => {
    prepare();
    await repository.commit('next');
    await repository.run('push', '-q', 'origin', 'main');
    await eventually(async () => {
      expect(await readFile(join(folder, 'playground.log'), 'utf8')).toMatch(
        new RegExp(
          `^\\S+Z demo refs/heads/main: the webhook was not delivered \\(.*${reason}\\); the sweep will find the push\\.\n$`,
        ),
      );
    });
    expect(await readFile(join(folder, 'playground.log'), 'utf8')).not.toContain(SECRET);
  });

  it('takes a large push in chunks, and pushes at the same time', async () => {
    await repository.commit('large', {
      files: { large: Buffer.alloc(3_000_000, Math.random().toString()).toString() },
    });
    await repository.run('-c', 'core.compression=0', '-c', 'http.postBuffer=65536', 'push', '-q', 'origin', 'main');
    const branches = ['a', 'b', 'c', 'd'];
    await Promise.all(branches.map((branch) => repository.run('push', '-q', 'origin', `main:refs/heads/${branch}`)));
    const refs = (await deliveriesOf(5)).map(({ push }) => push.ref);
    expect(refs.toSorted()).toEqual(['a', 'b', 'c', 'd', 'main'].map((branch) => `refs/heads/${branch}`));
  });

  it('serves partial clones', async () => {
    await repository.run(
      'clone',
      '-q',
      '--bare',
      '--filter=tree:0',
      `${server.url}/playground/demo.git`,
      join(folder, 'partial'),
    );
    expect(
      await repository.run('-C', join(folder, 'partial'), 'cat-file', '--batch-all-objects', '--batch-check'),
    ).toBe(`${anchor} commit 219`);
  });

  it.each([
    '/playground/other.git/info/refs?service=git-upload-pack',
    '/playground/demo.git/info/refs',
    '/playground/demo.git/HEAD',
    '/playground/demo.git/config',
    '/playground/..%2fdemo.git/info/refs?service=git-upload-pack',
    '/playground/.git/info/refs?service=git-upload-pack',
  ])('has nothing at %s', async (path) => {
    expect((await fetch(server.url + path)).status).toBe(404);
  });

  it('lists what can be cloned', async () => {
    await createPlayground({ folder, name: 'another', searchPath });
    await writeFile(join(folder, 'notes.txt'), '');
    expect(await playground.listCloneUrls()).toEqual([
      `${server.url}/playground/another.git`,
      `${server.url}/playground/demo.git`,
    ]);
  });
});
