import { Buffer } from 'node:buffer';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HTTP_AGENTS } from '../../../../shared/git/http-agents.ts';
import { createHttpTransport } from '../../../../shared/git/http-transport.ts';
import { computeOid } from '../../../../shared/git/object-id.ts';
import { encodePack, type NewObject } from '../../../../shared/git/receive-pack/encode-pack.ts';
import { pushBranch } from '../../../../shared/git/receive-pack/push-branch.ts';
import type { ObjectFormat, Oid } from '../../../../shared/model/oid.ts';
import { type GitHttpServer, startGitHttpServer } from '../../../support/git-http-server.ts';
import { createGitRepository, type GitRepository } from '../../../support/git-repository.ts';

const FORMATS: readonly ObjectFormat[] = ['sha1', 'sha256'];
const CREDENTIALS = { kind: 'basic', username: 'pusher', password: 'a secret' } as const;

let git: GitRepository;
let server: GitHttpServer;

async function serve(format: ObjectFormat, config: Record<string, string> = {}): Promise<void> {
  git = await createGitRepository({ format, bare: true });
  server = await startGitHttpServer(git.root, { credentials: CREDENTIALS, config });
}

afterEach(async () => {
  await server.close();
  await git.remove();
});

function push(
  branch: string,
  objects: readonly NewObject[],
  to: Oid,
  password: string = CREDENTIALS.password,
): Promise<void> {
  const transport = createHttpTransport({
    url: new URL(`${server.url}/${git.name}`),
    credentials: { ...CREDENTIALS, password },
    agents: HTTP_AGENTS,
    userAgent: 'headlock/test',
    service: 'git-receive-pack',
  });
  return pushBranch(
    { branch, to, objects },
    { transport, userAgent: 'headlock/test', signal: AbortSignal.timeout(20_000) },
  );
}

function writeCommit(format: ObjectFormat, subject: string, parent: Oid | null = null) {
  const tree: NewObject = { type: 'tree', body: new Uint8Array(0) };
  const parents = parent === null ? '' : `parent ${parent}\n`;
  const person = 'Ada <ada@example.com> 1767225600 +0000';
  const { oid } = computeOid('tree', tree.body, format);
  const text = `tree ${oid}\n${parents}author ${person}\ncommitter ${person}\n\n${subject}\n`;
  const commit: NewObject = { type: 'commit', body: Buffer.from(text) };
  return { oid: computeOid('commit', commit.body, format).oid, objects: [tree, commit] };
}

describe.each(FORMATS)('a push to git http-backend (%s)', (format) => {
  beforeEach(() => serve(format));

  it('makes a branch, moves it on, and moves it back by force', async () => {
    const first = writeCommit(format, 'one');
    const second = writeCommit(format, 'two', first.oid);
    for (const { oid, objects } of [first, second, first]) {
      await push('canary', objects, oid);
      expect(await git.head('canary')).toBe(oid);
    }
    expect(await git.run('fsck', '--full', '--strict')).not.toContain('error');
  });

  it('writes packs as git reads them, whatever the sizes', async () => {
    const sizes = [0, 1, 15, 16, 17, 2047, 2048, 100_000, 300_000];
    const objects = sizes.map((size): NewObject => ({ type: 'blob', body: Buffer.alloc(size, `${size} `) }));
    await git.pipe(encodePack(objects, format), 'index-pack', '--stdin', '--strict');
    for (const { body } of objects) {
      const { oid } = computeOid('blob', body, format);
      expect(Buffer.from(await git.pipe('', 'cat-file', 'blob', oid))).toEqual(Buffer.from(body));
    }
  });
});

describe('a push that the server refuses', () => {
  it('for its credentials', async () => {
    await serve('sha1');
    const { oid, objects } = writeCommit('sha1', 'one');
    await expect(push('canary', objects, oid, 'another')).rejects.toMatchObject({ code: 'refused_credentials' });
  });

  it('for its rules says so in the words of the server', async () => {
    await serve('sha1', { 'receive.denyNonFastForwards': 'true' });
    const first = writeCommit('sha1', 'one');
    const second = writeCommit('sha1', 'two', first.oid);
    await push('canary', second.objects.concat(first.objects), second.oid);
    await expect(push('canary', first.objects, first.oid)).rejects.toThrow(/does not move canary .*non-fast-forward/);
    expect(await git.head('canary')).toBe(second.oid);
  });

  it('since objects are missing', async () => {
    await serve('sha1');
    const first = writeCommit('sha1', 'one');
    const second = writeCommit('sha1', 'two', first.oid);
    await expect(push('canary', second.objects, second.oid)).rejects.toThrow(/does not move canary/);
    await expect(git.head('canary')).rejects.toThrow();
  });

  it('with a report that breaks off', async () => {
    await serve('sha1');
    server.fault = ({ command }) => (command === 'receive-pack' ? { kind: 'truncated' } : null);
    const { oid, objects } = writeCommit('sha1', 'one');
    await expect(push('canary', objects, oid)).rejects.toThrow(/report of a push/);
  });
});
