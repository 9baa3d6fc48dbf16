import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLocalTagSource } from '../../../shared/git/local-tags.ts';
import { DEFAULT_BRANCH_LIMITS } from '../../../shared/model/limits.ts';
import { type Oid, parseOid } from '../../../shared/model/oid.ts';
import { createGitRepository, type GitRepository } from '../../support/git-repository.ts';

describe.each(['sha1', 'sha256'] as const)('tags of a %s repository on this machine', (format) => {
  let repository: GitRepository;
  let commit: Oid;
  let tag: Oid;
  beforeAll(async () => {
    repository = await createGitRepository({ format });
    commit = await repository.commit('A', { files: { file: 'content' } });
    await repository.run('tag', '-a', '-m', 'One', 'v1');
    await repository.run('tag', 'light');
    await repository.run('tag', '-a', '-m', 'A tree', 'tree', 'HEAD^{tree}');
    tag = await repository.head('refs/tags/v1');
  });
  afterAll(() => repository.remove());

  const source = (limits = {}) =>
    createLocalTagSource(repository.path, { limits: { ...DEFAULT_BRANCH_LIMITS, ...limits } });

  it('are listed, and read with their commits', async () => {
    const listed = await createLocalTagSource(repository.path).listTags();
    if (listed.kind !== 'tags') throw new Error(listed.message);
    expect([...listed.tags.keys()]).toEqual(['light', 'tree', 'v1']);
    expect(listed.tags.get('v1')).toBe(tag);
    const sent = await source().fetchTags([tag, commit]);
    expect(await source().fetchTags([commit])).toMatchObject({ kind: 'objects', tags: new Map() });
    expect(sent).toEqual({
      kind: 'objects',
      tags: new Map([[tag, await repository.readObject(tag)]]),
      commits: new Map([[commit, await repository.readObject(commit)]]),
      collisions: new Set(),
    });
  });

  it('that are no tags, name no commit or nothing, or are not there, bring nothing more', async () => {
    const absent = parseOid('e'.repeat(tag.length));
    const tree = await repository.head('HEAD^{tree}');
    const ofTree = await repository.head('refs/tags/tree');
    const odd = await repository.writeObject('tag', 'object 123\n');
    const none = await repository.writeObject('tag', 'nothing at all\n');
    const sent = await source().fetchTags([absent, tree, ofTree, odd, none]);
    expect(sent).toMatchObject({ kind: 'objects', commits: new Map() });
    expect(sent.kind === 'objects' && [...sent.tags.keys()].toSorted()).toEqual([ofTree, odd, none].toSorted());
  });

  it('are bounded (trust rule 4.7), and their repository may be none', async () => {
    expect(await source({ objectBytes: 10 }).fetchTags([tag])).toMatchObject({ kind: 'limit-exceeded' });
    const none = createLocalTagSource(repository.root);
    const expected = { kind: 'unreachable', cause: 'bad_response', message: expect.stringContaining('git fsck') };
    expect(await none.listTags()).toMatchObject(expected);
    expect(await none.fetchTags([tag])).toMatchObject(expected);
  });

  it('of which git skips one are not listed: it may not be gone (trust rule 4.4)', async () => {
    const broken = join(repository.path, '.git', 'refs', 'tags', 'broken');
    await writeFile(broken, 'no id\n');
    expect(await source().listTags()).toMatchObject({ kind: 'unreachable' });
    await repository.run('update-ref', '-d', 'refs/tags/broken').catch(() => undefined);
  });
});
