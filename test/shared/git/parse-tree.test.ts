import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseTree } from '../../../shared/git/parse-tree.ts';
import { oidBytes } from '../../../shared/model/oid.ts';
import { createGitRepository, type GitRepository } from '../../support/git-repository.ts';
import { RandomNumbers } from '../../support/random-numbers.ts';
import { SEED } from '../../support/seed.ts';

const entry = (mode: string, name: string, id = Buffer.alloc(20, 0x11)): Buffer =>
  Buffer.concat([Buffer.from(`${mode} ${name}\0`, 'latin1'), id]);
const treeOf = (...entries: readonly (readonly [mode: string, name: string])[]): Buffer =>
  Buffer.concat(entries.map(([mode, name]) => entry(mode, name)));

describe('a tree', () => {
  const oid = '11'.repeat(20);

  test('has entries of five types, in git’s order, folders as if they ended with a slash', () => {
    const raw = treeOf(
      ['100644', 'a'],
      ['100755', 'lib-x'],
      ['100644', 'lib.ts'],
      ['40000', 'lib'],
      ['120000', 'lib0'],
      ['160000', 'z\xff'],
    );
    expect([...(parseTree(raw, 'sha1') ?? [])]).toEqual([
      ['a', { type: 'file', oid }],
      ['lib-x', { type: 'executable', oid }],
      ['lib.ts', { type: 'file', oid }],
      ['lib', { type: 'folder', oid }],
      ['lib0', { type: 'symlink', oid }],
      ['z\xff', { type: 'submodule', oid }],
    ]);
  });

  test('may be empty', () => {
    expect(parseTree(Buffer.alloc(0), 'sha1')).toEqual(new Map());
  });

  test.each([
    ['a name twice', treeOf(['100644', 'a'], ['100644', 'a'])],
    [
      'a file and a folder of one name, with another between',
      treeOf(['100644', 'a'], ['100644', 'a.b'], ['40000', 'a']),
    ],
    ['names out of order', treeOf(['100644', 'b'], ['100644', 'a'])],
    ['a folder where a file of its name would stand', treeOf(['40000', 'lib'], ['100644', 'lib.ts'])],
    ['an empty name', treeOf(['100644', ''])],
    ['the name .', treeOf(['40000', '.'])],
    ['the name ..', treeOf(['40000', '..'])],
    ['a slash in a name', treeOf(['100644', 'a/b'])],
    ['an unknown mode', treeOf(['100600', 'a'])],
    ['a mode of old times', treeOf(['100664', 'a'])],
    ['a mode with a zero before', treeOf(['040000', 'a'])],
    ['a mode of a device', treeOf(['20000', 'a'])],
    ['a mode with a sign', treeOf(['+40000', 'a'])],
    ['no mode', Buffer.from(' a\0')],
    ['no space', Buffer.concat([Buffer.from('100644a\0'), Buffer.alloc(20)])],
    ['no end of a name', Buffer.from('100644 a')],
    ['an id of another format', entry('100644', 'a', Buffer.alloc(32))],
  ])('with %s cannot be read', (_, raw) => {
    expect(parseTree(raw, 'sha1')).toBeNull();
  });

  test('cannot be read where it is cut off, but between entries', () => {
    const raw = treeOf(['100644', 'a'], ['100644', 'b']);
    const whole = [...raw.keys()].filter((end) => parseTree(raw.subarray(0, end), 'sha1') !== null);
    expect(whole).toEqual([0, raw.length / 2]);
  });
});

describe.each(['sha1', 'sha256'] as const)('git as the judge (%s)', (format) => {
  let repository: GitRepository;
  beforeAll(async () => {
    repository = await createGitRepository({ format });
  });
  afterAll(() => repository.remove());

  test('sorts trees the same way, and finds fault with no more of them', async () => {
    const random = new RandomNumbers(SEED);
    const blob = Buffer.from(await repository.writeObject('blob', 'x'), 'hex');
    const folder = Buffer.from(await repository.writeObject('tree', ''), 'hex');
    const names = ['a', 'a.b', 'a-b', 'a0', 'ab', 'A', 'ä', 'b', '~', '!'];
    const written = Array.from({ length: 60 }, () => {
      const count = random.between(1, 4);
      return Array.from({ length: count }, () => {
        const isFolder = random.below(2) === 0;
        return entry(isFolder ? '40000' : '100644', random.pick(names), isFolder ? folder : blob);
      });
    });
    const trees = [...new Set(written.map((each) => Buffer.concat(each).toString('latin1')))];
    const oids = await Promise.all(trees.map((raw) => repository.writeObject('tree', Buffer.from(raw, 'latin1'))));
    // Its messages name each tree that it finds fault with.
    const faults = await repository.run('fsck', '--no-dangling').then(
      () => '',
      (error: unknown) => String(error),
    );
    const accepted = trees.filter((raw) => parseTree(Buffer.from(raw, 'latin1'), format) !== null);
    const expected = trees.filter((_, index) => !faults.includes(String(oids[index])));
    expect(accepted.sort()).toEqual(expected.sort());
    expect(accepted.length).toBeGreaterThan(10);
    expect(accepted.length).toBeLessThan(trees.length - 10);
    expect(blob.length).toBe(oidBytes(format));
  });
});
