import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { FileOutcome, FilesOutcome, PathFilter, ProvenCommit } from '../../../shared/git/file-source.ts';
import { createHttpRemote } from '../../../shared/git/http-source.ts';
import { computeOid } from '../../../shared/git/object-id.ts';
import { readTree } from '../../../shared/git/parse-commit.ts';
import { createRemoteFiles } from '../../../shared/git/remote-files.ts';
import { type BranchLimits, DEFAULT_BRANCH_LIMITS } from '../../../shared/model/limits.ts';
import { type Oid, parseOid } from '../../../shared/model/oid.ts';
import { buildDelta, buildPack, encodeSize, type PackPart } from '../../support/build-pack.ts';
import { type GitHttpServer, startGitHttpServer } from '../../support/git-http-server.ts';
import { createGitRepository, type GitRepository } from '../../support/git-repository.ts';
import { encodeAnswer, encodePackfile } from '../../support/wire-answer.ts';

/** A file that collides takes a new attack of some 2^60 steps, so here the detector takes a word for one. */
const MARK = 'Made to collide';
vi.mock('../../../shared/git/object-id.ts', async (load) => {
  const real = await load<typeof import('../../../shared/git/object-id.ts')>();
  const computeOid: typeof real.computeOid = (type, body, format) => ({
    ...real.computeOid(type, body, format),
    collides: Buffer.from(body).includes(MARK),
  });
  return { ...real, computeOid };
});

let repository: GitRepository;
let server: GitHttpServer;
let commit: ProvenCommit;
beforeAll(async () => {
  repository = await createGitRepository();
  await repository.commit('tip', {
    files: { 'app/deep/file': 'one\n', 'app/file': 'two\n', file: 'three\n', collides: MARK, large: 'x'.repeat(5_000) },
  });
  server = await startGitHttpServer(repository.root);
  commit = await commitOf(await repository.head());
});
afterAll(async () => {
  await server.close();
  await repository.remove();
});
afterEach(() => {
  server.fault = null;
});

async function commitOf(oid: Oid): Promise<ProvenCommit> {
  const tree = readTree(oid, await repository.readObject(oid));
  if (tree === null) throw new Error('git wrote a commit without a tree.');
  return { oid, tree };
}

const read = (
  paths: readonly string[] | PathFilter,
  { of = commit, limits = {} }: { of?: ProvenCommit; limits?: Partial<BranchLimits> } = {},
): Promise<FilesOutcome> => {
  const url = `${server.url}/${repository.name}`;
  return createRemoteFiles({
    remote: createHttpRemote({ url, credentials: null, userAgent: 'headlock/test' }),
    limits: { ...DEFAULT_BRANCH_LIMITS, ...limits },
    timeoutMs: 60_000,
  }).readFiles(of, paths);
};
const readOne = async (path: string, ...rest: Parameters<typeof read> extends [unknown, ...infer R] ? R : never) => {
  const outcome = await read([path], ...rest);
  return outcome.kind === 'files' ? outcome.files.get(path) : outcome;
};
const oidOf = (path: string): Promise<Oid> => repository.head(`HEAD:${path}`);

/** Answers requests for trees, or for files, with a pack of these objects. */
const answer = (what: 'trees' | 'files' | 'all', ...parts: readonly PackPart[]): void => {
  server.fault = ({ command, body }) => {
    if (command !== 'fetch' || (what !== 'all' && body.includes('blob:none') !== (what === 'trees'))) return null;
    return { kind: 'rewrite', rewrite: () => encodePackfile(buildPack(parts)) };
  };
};
const part = async (type: 'tree' | 'blob', oid: string): Promise<PackPart> => ({
  type,
  body: await repository.readObject(oid),
});

test('two requests read any number of files', async () => {
  const before = server.requests.length;
  const outcome = await read(['app/deep/file', 'app/file', 'file', 'app', 'none']);
  const asked = server.requests.slice(before).map(({ command }) => command);
  expect(asked).toEqual(['advertisement', 'fetch', 'fetch']);
  expect(outcome.kind === 'files' && [...outcome.files.values()].map(({ kind }) => kind)).toEqual([
    'file',
    'file',
    'file',
    'not-a-file',
    'absent',
  ]);
});

test('one request tells that there is no such file', async () => {
  const before = server.requests.length;
  expect(await readOne('app/none')).toEqual({ kind: 'absent' });
  expect(server.requests.length).toBe(before + 2);
});

test.each([
  '',
  '/',
  '.',
  '..',
  '/file',
  'file/',
  './file',
  'app//file',
  'app/../file',
  'file/x',
  'FILE',
])('the path "%s" is absent: no tree holds such names', async (path) => {
  expect(await readOne(path)).toEqual({ kind: 'absent' });
});

describe('what a path may lead through', () => {
  test('a link or a submodule on the way is not followed', async () => {
    const file = await oidOf('file');
    const tree = await repository.pipe(
      `120000 blob ${file}\tlink\n160000 commit ${commit.oid}\tmodule\n`,
      'mktree',
      '--missing',
    );
    const oid = parseOid(tree.toString().trim());
    const of = { oid: commit.oid, tree: oid };
    expect(await readOne('link/file', { of })).toEqual({ kind: 'not-a-file', type: 'symlink' });
    expect(await readOne('module/file', { of })).toEqual({ kind: 'not-a-file', type: 'submodule' });
  });

  test('a tree with one name twice, which git writes when told to, proves nothing', async () => {
    const entry = (mode: string, name: string, oid: Oid) =>
      Buffer.concat([Buffer.from(`${mode} ${name}\0`), Buffer.from(oid, 'hex')]);
    const [first, second] = [await oidOf('file'), await oidOf('app/file')];
    const twice = await repository.writeObject(
      'tree',
      Buffer.concat([entry('100644', 'file', first), entry('100644', 'file', second)]),
    );
    const root = await repository.writeObject(
      'tree',
      Buffer.concat([entry('100644', 'file', first), entry('40000', 'twice', twice)]),
    );
    const of = { oid: commit.oid, tree: root };
    expect(await readOne('file', { of })).toMatchObject({ kind: 'file' });
    const malformed = { kind: 'unproven', reason: 'malformed_tree', oid: twice };
    for (const path of ['twice/file', 'twice/other']) expect(await readOne(path, { of })).toEqual(malformed);
    expect(await read(() => true, { of })).toEqual(malformed);
  });

  test('a name that is no UTF-8 is no path', async () => {
    const blob = Buffer.from(await oidOf('file'), 'hex');
    const tree = await repository.writeObject('tree', Buffer.concat([Buffer.from('100644 \xff\0', 'latin1'), blob]));
    const outcome = await read(() => true, { of: { oid: commit.oid, tree } });
    expect(outcome).toEqual({ kind: 'files', files: new Map() });
  });
});

describe('a server that lies', () => {
  test('sends another file in place of the one that was asked for', async () => {
    answer('files', { type: 'blob', body: Buffer.from('forged\n') });
    expect(await readOne('file')).toEqual({ kind: 'unproven', reason: 'missing_object', oid: await oidOf('file') });
  });

  test('sends the file’s bytes as a tree', async () => {
    answer('files', { type: 'tree', body: Buffer.from('three\n') });
    expect(await readOne('file')).toMatchObject({ kind: 'unproven', reason: 'missing_object' });
  });

  test('sends another root, or none', async () => {
    answer('trees', await part('tree', await oidOf('app')));
    const missing = { kind: 'unproven', reason: 'missing_object', oid: commit.tree };
    for (const path of ['file', 'none', 'app/file']) expect(await readOne(path)).toEqual(missing);
    answer('trees');
    expect(await readOne('file')).toEqual(missing);
  });

  test('hides a folder: what is outside of it is read all the same', async () => {
    answer('trees', await part('tree', commit.tree), await part('tree', await oidOf('app')));
    const deep = await oidOf('app/deep');
    const outcome = await read(['app/deep/file', 'app/file', 'app/deep']);
    expect(outcome.kind === 'files' && Object.fromEntries(outcome.files)).toMatchObject({
      'app/deep/file': { kind: 'unproven', reason: 'missing_object', oid: deep },
      'app/file': { kind: 'file' },
      'app/deep': { kind: 'not-a-file', type: 'folder' },
    });
    expect(await read((path) => path === 'file')).toMatchObject({ kind: 'unproven', oid: deep });
  });

  test('sends a file or a tree that collides', async () => {
    expect(await readOne('collides')).toMatchObject({ kind: 'unproven', reason: 'sha1_collision' });
    const blob = Buffer.from(await oidOf('file'), 'hex');
    const tree = await repository.writeObject('tree', Buffer.concat([Buffer.from(`100644 ${MARK}\0`), blob]));
    const outcome = await readOne('file', { of: { oid: commit.oid, tree } });
    expect(outcome).toEqual({ kind: 'unproven', reason: 'sha1_collision', oid: tree });
  });

  test.each<[string, readonly PackPart[]]>([
    ['declared small', [{ type: 'blob', body: Buffer.alloc(5_000_000), claimedSize: 10 }]],
    ['declared small, where it is skipped', [{ type: 'commit', body: Buffer.alloc(5_000_000), claimedSize: 100_000 }]],
    ['declared large', [{ type: 'blob', body: Buffer.alloc(10), claimedSize: 5_000_000 }]],
  ])('sends a bomb, %s', async (_, parts) => {
    answer('files', ...parts);
    expect(await readOne('file')).toMatchObject({ kind: 'unreachable', cause: 'bad_response' });
  });

  test('sends a delta that would make a huge file', async () => {
    const base = Buffer.from('three\n');
    const delta = Buffer.concat([encodeSize(base.length), encodeSize(2 ** 40), Buffer.of(0x80)]);
    answer('files', { type: 'blob', body: base }, { type: 'ofs-delta', base: 0, body: delta });
    expect(await readOne('file')).toMatchObject({ kind: 'file', content: base });
    expect(await readOne('app/file')).toMatchObject({ kind: 'unproven', reason: 'limit_exceeded' });
  });

  test('sends a delta that makes no sense', async () => {
    answer('files', { type: 'blob', body: Buffer.from('x') }, { type: 'ofs-delta', base: 0, body: Buffer.of(9) });
    expect(await readOne('file')).toMatchObject({ kind: 'unreachable', cause: 'bad_response' });
  });

  test('sends no pack', async () => {
    server.fault = ({ command }) => (command === 'fetch' ? { kind: 'rewrite', rewrite: () => '0000' } : null);
    expect(await readOne('file')).toMatchObject({ kind: 'unreachable', cause: 'bad_response' });
  });
});

describe('deltas', () => {
  const one = Buffer.from('three\n');
  const two = Buffer.from('two\n');
  const base = computeOid('blob', one, 'sha1').oid;
  const byId: PackPart = { type: 'ref-delta', base, body: buildDelta(one, two) };

  test.each<[string, readonly PackPart[]]>([
    ['before their base', [byId, { type: 'blob', body: one }]],
    ['behind it', [{ type: 'blob', body: one }, byId]],
    [
      'of an offset',
      [
        { type: 'blob', body: one },
        { type: 'ofs-delta', base: 0, body: buildDelta(one, two) },
      ],
    ],
  ])('%s become files', async (_, parts) => {
    answer('files', ...parts);
    expect(await readOne('app/file')).toMatchObject({ kind: 'file', content: two });
  });

  test('whose base never comes become none, nor do tags', async () => {
    answer('files', byId, { type: 'tag', body: Buffer.from('tag') });
    expect(await readOne('app/file')).toMatchObject({ kind: 'unproven', reason: 'missing_object' });
  });

  test('that are too large wait for no base', async () => {
    const huge = { type: 'ref-delta', base, body: Buffer.alloc(3_000_000) } as const;
    answer('files', huge, { type: 'blob', body: one });
    expect(await readOne('app/file')).toMatchObject({ kind: 'unproven', reason: 'limit_exceeded' });
  });
});

describe('a server that does not give out trees or files by their ids', () => {
  const refuse = (...oids: readonly string[]): void => {
    server.fault = ({ command, body }) => {
      const refused = oids.find((oid) => body.includes(`want ${oid}`));
      if (command !== 'fetch' || refused === undefined) return null;
      return { kind: 'rewrite', rewrite: () => encodeAnswer(`ERR upload-pack: not our ref ${refused}`) };
    };
  };
  const kinds = async () => {
    const outcome = await read(['file', 'app/deep/file', 'none']);
    return outcome.kind === 'files' ? [...outcome.files.values()].map(({ kind }: FileOutcome) => kind) : outcome.kind;
  };

  test.each([
    ['trees', () => commit.tree],
    ['files', () => oidOf('file')],
  ])('is asked for the whole snapshot: %s', async (_, oid) => {
    refuse(await oid());
    expect(await kinds()).toEqual(['file', 'file', 'absent']);
    const asked = server.requests.at(-1)?.body.toString() ?? '';
    expect(asked).toContain(`want ${commit.oid}`);
    expect(asked).toContain('deepen 1');
    expect(asked).not.toContain('filter');
  });

  test('and hides a folder of it', async () => {
    const parts = [await part('tree', commit.tree)];
    server.fault = ({ command, body }) => {
      if (command !== 'fetch') return null;
      const refusal = encodeAnswer(`ERR upload-pack: not our ref ${commit.tree}`);
      const isRefused = body.includes(`want ${commit.tree}`);
      return { kind: 'rewrite', rewrite: () => (isRefused ? refusal : encodePackfile(buildPack(parts))) };
    };
    expect(await readOne('app/file')).toMatchObject({ kind: 'unproven', reason: 'missing_object' });
    expect(await read(() => true)).toMatchObject({ kind: 'unproven', reason: 'missing_object' });
  });

  test('nor the commit: then nothing can be read', async () => {
    refuse(commit.tree, commit.oid);
    expect(await kinds()).toBe('not-served');
  });
});

describe('rule 4.7: bounds', () => {
  test('a file that is too large keeps no other back', async () => {
    const outcome = await read(['large', 'file'], { limits: { objectBytes: 1_000 } });
    expect(outcome.kind === 'files' && Object.fromEntries(outcome.files)).toMatchObject({
      large: { kind: 'unproven', reason: 'limit_exceeded' },
      file: { kind: 'file' },
    });
  });

  test('a tree that is too large hides what is in it', async () => {
    const outcome = await readOne('file', { limits: { objectBytes: 100 } });
    expect(outcome).toEqual({ kind: 'unproven', reason: 'limit_exceeded', oid: commit.tree });
  });

  test('all files together have a limit', async () => {
    answer('files', { type: 'blob', body: Buffer.alloc(60_000) }, { type: 'blob', body: Buffer.alloc(60_001) });
    const outcome = await readOne('file', { limits: { packBytes: 100_000 } });
    expect(outcome).toMatchObject({ kind: 'limit-exceeded', limit: 'packBytes' });
  });

  test('so have paths', async () => {
    const paths = Array.from({ length: 1_001 }, (_, index) => `none/${index}`);
    expect(await read(paths)).toMatchObject({ kind: 'limit-exceeded', limit: 'paths' });
    expect(await read(paths.slice(1))).toMatchObject({ kind: 'files' });
  });

  test('so have entries of trees', async () => {
    const names = Array.from({ length: 30_000 }, (_, index) => String(100_000 + index));
    const folders = Array.from({ length: 7 }, (_, n) =>
      Buffer.concat(names.map((name) => Buffer.from(`100644 ${name}\0${String(n).repeat(20)}`))),
    );
    const root = Buffer.concat(
      folders.map((body, n) =>
        Buffer.concat([Buffer.from(`40000 ${n}\0`), Buffer.from(computeOid('tree', body, 'sha1').oid, 'hex')]),
      ),
    );
    const trees = [root, ...folders].map((body): PackPart => ({ type: 'tree', body }));
    answer('trees', ...trees);
    const of = { oid: commit.oid, tree: computeOid('tree', root, 'sha1').oid };
    const outcome = await read(
      folders.map((_, n) => `${n}/none`),
      { of },
    );
    const absent = folders.slice(1).map(() => ({ kind: 'absent' }));
    const exceeded = { kind: 'unproven', reason: 'limit_exceeded' };
    expect(outcome.kind === 'files' && [...outcome.files.values()]).toMatchObject([...absent, exceeded]);
  });

  /** A tree of trees, each of which has the next one under many names. */
  const nest = async (levels: number, names: readonly string[]): Promise<ProvenCommit> => {
    let tree = await repository.writeObject('tree', '');
    for (let level = 0; level < levels; level += 1) {
      const entries = names.map((name) => [Buffer.from(`40000 ${name}\0`), Buffer.from(tree, 'hex')]);
      tree = await repository.writeObject('tree', Buffer.concat(entries.flat()));
    }
    return { oid: commit.oid, tree };
  };

  test('so has what a filter is shown: ten trees can be read as 10^10 folders', async () => {
    const of = await nest(10, [...'0123456789']);
    expect(await read(() => true, { of })).toMatchObject({ kind: 'unproven', reason: 'limit_exceeded' });
    expect(await readOne('0/1/2/3/4', { of })).toEqual({ kind: 'not-a-file', type: 'folder' });
  });

  test('so has the length of a path', async () => {
    const of = await nest(30, ['x'.repeat(200)]);
    expect(await read(() => true, { of })).toMatchObject({ kind: 'unproven', reason: 'limit_exceeded' });
  });
});

test('a repository of another object format has no such commit', async () => {
  const of = { oid: parseOid('a'.repeat(64)), tree: parseOid('b'.repeat(64)) };
  expect(await read(['file'], { of })).toMatchObject({ kind: 'unreachable', cause: 'bad_response' });
});

test('a server that is down is told apart', async () => {
  server.fault = () => ({ kind: 'status', status: 503 });
  expect(await read(['file'])).toMatchObject({ kind: 'unreachable', cause: 'server_error' });
});
