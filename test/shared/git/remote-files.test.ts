import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FileOutcome, FilesOutcome, ProvenCommit } from '../../../shared/git/file-source.ts';
import { readTree } from '../../../shared/git/parse-commit.ts';
import { createRememberedRemote } from '../../../shared/git/remembered-remote.ts';
import { createRemoteFiles } from '../../../shared/git/remote-files.ts';
import { type BranchLimits, DEFAULT_BRANCH_LIMITS } from '../../../shared/model/limits.ts';
import type { Oid } from '../../../shared/model/oid.ts';
import { createGitRepository, type GitRepository } from '../../support/git-repository.ts';
import { GIT_SERVERS, type StartedGitServer } from '../../support/git-servers.ts';
import { RandomNumbers } from '../../support/random-numbers.ts';
import { SEED } from '../../support/seed.ts';

const NAMES = ['a', 'a.b', 'a-b', 'b', 'secrets', 'ä', 'with space', 'lib', 'lib.ts', '-dash', 'A', '\u{1f511}'];

/** Random files in random folders, executables, links and a submodule among them: in git alone, where no link leads anywhere. */
async function writeRandomTree(repository: GitRepository, random: RandomNumbers, submodule: string): Promise<void> {
  const contents = [0, 1, 100, 5_000].map((length) => random.bytes(length));
  const blobs = await Promise.all(contents.map((content) => repository.writeObject('blob', content)));
  const entries = Array.from({ length: 150 }, () => {
    const path = Array.from({ length: random.between(1, 5) }, () => random.pick(NAMES)).join('/');
    return `${random.pick(['100644', '100644', '100755', '120000'])} ${random.pick(blobs)}\t${path}\0`;
  });
  // Later ones take the place of what is in their way.
  const input = [...entries, `160000 ${submodule}\tmodule\0`].join('');
  await repository.pipe(input, 'update-index', '-z', '--add', '--replace', '--index-info');
}

async function commitOf(repository: GitRepository, revision = 'HEAD'): Promise<ProvenCommit> {
  const oid = await repository.head(revision);
  const tree = readTree(oid, await repository.readObject(oid));
  if (tree === null) throw new Error('git wrote a commit without a tree.');
  return { oid, tree };
}

function filesOf(outcome: FilesOutcome): ReadonlyMap<string, FileOutcome> {
  if (outcome.kind !== 'files') throw new Error(JSON.stringify(outcome));
  return outcome.files;
}

describe.each(['sha1', 'sha256'] as const)('files of a repository (%s)', (format) => {
  let repository: GitRepository;
  let tip: ProvenCommit;
  let older: ProvenCommit;
  /** As `git ls-tree -r` lists them. */
  const listed = new Map<string, { readonly mode: string; readonly oid: Oid }>();

  beforeAll(async () => {
    repository = await createGitRepository({ format });
    await writeRandomTree(repository, new RandomNumbers(SEED), '1'.repeat(format === 'sha1' ? 40 : 64));
    await repository.commit('older');
    older = await commitOf(repository);
    await repository.commit('tip', { files: { 'deep/in/the/repository/file.yaml': 'content\n' } });
    tip = await commitOf(repository);
    for (const line of (await repository.run('ls-tree', '-r', '-z', 'HEAD')).split('\0').slice(0, -1)) {
      const [, mode = '', oid = '', path = ''] = /^(\d+) \w+ (\w+)\t(.*)$/s.exec(line) ?? [];
      listed.set(path, { mode, oid: oid as Oid });
    }
  });
  afterAll(() => repository.remove());

  const servers = GIT_SERVERS.filter((_, index) => format === 'sha1' || index % 3 === 0);
  describe.each(servers)('behind $name', ({ gives, start }) => {
    let server: StartedGitServer;
    beforeAll(async () => {
      server = await start(repository.root);
    });
    afterAll(() => server.close());
    const open = (limits: Partial<BranchLimits> = {}) =>
      createRemoteFiles({
        remote: createRememberedRemote(server.open(repository.name), 'headlock/test'),
        limits: { ...DEFAULT_BRANCH_LIMITS, ...limits },
        timeoutMs: 60_000,
      });

    test('are those that git lists, byte by byte', async () => {
      const files = filesOf(await open().readFiles(tip, [...listed.keys(), 'absent', 'deep/in/absent']));
      expect(listed.size).toBeGreaterThan(30);
      for (const [path, { mode, oid }] of listed) {
        if (mode === '120000') expect(files.get(path)).toEqual({ kind: 'not-a-file', type: 'symlink' });
        else if (mode === '160000') expect(files.get(path)).toEqual({ kind: 'not-a-file', type: 'submodule' });
        else {
          const content = await repository.readObject(oid);
          expect(files.get(path)).toEqual({ kind: 'file', oid, isExecutable: mode === '100755', content });
        }
      }
      expect(files.get('absent')).toEqual({ kind: 'absent' });
      expect(files.get('deep/in/absent')).toEqual({ kind: 'absent' });
    });

    test('are chosen by a filter that sees all paths', async () => {
      const seen: string[] = [];
      const files = filesOf(await open().readFiles(tip, (path) => seen.push(path) > 0 && path.endsWith('.yaml')));
      expect(seen.sort()).toEqual([...listed.keys()].sort());
      expect([...files.keys()]).toEqual(['deep/in/the/repository/file.yaml']);
    });

    test(gives === 'tips' ? 'are read at what refs point at alone' : 'are read at any commit', async () => {
      const outcome = await open().readFiles(older, ['module', 'deep/in/the']);
      const notServed = { kind: 'not-served', message: expect.stringContaining(older.oid) };
      const files = new Map([
        ['module', { kind: 'not-a-file', type: 'submodule' }],
        ['deep/in/the', { kind: 'absent' }],
      ]);
      expect(outcome).toEqual(gives === 'tips' ? notServed : { kind: 'files', files });
    });
  });
});
