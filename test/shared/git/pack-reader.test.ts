import { createHash, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { deflateSync, inflateSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { computeOid } from '../../../shared/git/object-id.ts';
import { createPackReader } from '../../../shared/git/pack-reader.ts';
import { parseCommit, readCommitNode } from '../../../shared/git/parse-commit.ts';
import { TransportError } from '../../../shared/git/transport-error.ts';
import { DEFAULT_BRANCH_LIMITS } from '../../../shared/model/limits.ts';
import type { Oid } from '../../../shared/model/oid.ts';
import { buildDelta, buildPack, encodeSize, type PackPart, sealPack } from '../../support/build-pack.ts';
import { createGitRepository, type GitRepository } from '../../support/git-repository.ts';
import { readPack } from '../../support/read-pack.ts';
import { describeWithSharedData, sharedData } from '../../support/shared-data.ts';

const LIMITS = DEFAULT_BRANCH_LIMITS;
const read = async (pack: Uint8Array, limits = LIMITS) => (await readPack(pack, { limits })).commits;
const body = (text: string): Buffer => Buffer.from(`tree ${'a'.repeat(40)}\n\n${text}`);
const commitPart = (text: string): PackPart => ({ type: 'commit', body: body(text) });
const oidOf = (text: string): Oid => computeOid('commit', body(text), 'sha1').oid;

const repositories: GitRepository[] = [];
afterAll(() => Promise.all(repositories.map((repository) => repository.remove())));

describe.each(['sha1', 'sha256'] as const)('a pack that git made (%s)', async (format) => {
  const repository = await createGitRepository({ format });
  repositories.push(repository);
  const message = (index: number): string => `${'A message that is long enough to be a delta. '.repeat(20)}${index}`;
  for (let index = 0; index < 12; index++) await repository.commit(message(index), { files: { file: `${index}\n` } });
  await repository.run('tag', '-a', 'v1', '-m', 'tag');
  const tag = await repository.head('v1');
  const oids = (await repository.run('rev-list', '--all')).split('\n');
  /** With trees, blobs and the tag. */
  const all = (await repository.run('rev-list', '--all', '--objects'))
    .split('\n')
    .map((line) => line.slice(0, oids[0]?.length));

  const packObjects = (input: readonly string[], ...args: readonly string[]): Promise<Buffer> =>
    repository.pipe(`${input.join('\n')}\n`, 'pack-objects', '--stdout', '-q', '--no-reuse-delta', ...args);
  const expectCommits = async (commits: ReadonlyMap<Oid, Uint8Array>, wanted: readonly string[]): Promise<void> => {
    expect([...commits.keys()].sort()).toEqual([...wanted].sort());
    for (const [oid, raw] of commits) expect((await repository.readObject(oid)).equals(raw)).toBe(true);
  };

  test.each([
    ['commits alone', oids, ['--window=0']],
    ['deltas with offsets', oids, ['--delta-base-offset', '--window=50', '--depth=50']],
    ['deltas with ids', oids, ['--window=50', '--depth=50']],
    ['trees, blobs and tags beside', all, ['--delta-base-offset', '--window=50']],
    ['everything, deltas with ids', all, ['--window=50']],
  ])('gives the same commits as git: %s', async (_, objects, args) => {
    const pack = await packObjects(objects, ...args);
    expect(pack.readUInt32BE(8)).toBe(objects.length);
    const indexed = (await repository.pipe(pack, 'index-pack', '--stdin', '--strict')).toString().trim().split('\t')[1];
    const listing = await repository.run('verify-pack', '-v', `.git/objects/pack/pack-${indexed}.pack`);
    expect(/chain length/.test(listing)).toBe(!args.includes('--window=0'));

    for (const chunkLengths of [[65_515], [1], [7, 300]] as const) {
      const { commits, tags, collisions } = await readPack(pack, { format, chunkLengths });
      await expectCommits(commits, oids);
      expect([...tags.keys()]).toEqual(objects === all ? [tag] : []);
      expect(collisions.size).toBe(0);
    }
  });

  test.each([
    ['commits alone', ['--filter=tree:0', '--delta-base-offset']],
    ['everything', ['--delta-base-offset']],
    ['everything, deltas with ids', []],
    ['everything, with deltas whose bases it leaves out', ['--thin']],
  ])('gives the commits of a range as git lists them: %s', async (_, args) => {
    const pack = await packObjects(['main', '^main~5'], '--revs', ...args);
    await expectCommits((await readPack(pack, { format })).commits, oids.slice(0, 5));
  });

  test('is read past objects of any size that nobody needs, and past what rests on them', async () => {
    const large = createHash('sha512').update('x').digest('hex').repeat(5_000);
    const random = randomBytes(300_000);
    const shuffled = Buffer.concat([random.subarray(150_000), randomBytes(200_000), random.subarray(0, 150_000)]);
    const blobs = await Promise.all(
      [large, `${large}y`, random, shuffled].map((each) => repository.writeObject('blob', each)),
    );
    for (const args of [[], ['--delta-base-offset']]) {
      const pack = await packObjects([...blobs, ...all], '--window=50', ...args);
      for (const chunkLengths of [[65_515], [10_007], [100_000_000]] as const) {
        const limits = { ...LIMITS, objectBytes: 10_000 };
        await expectCommits((await readPack(pack, { format, limits, chunkLengths })).commits, oids);
      }
    }
  });
});

describe('deltas', () => {
  const target = body(`${'x'.repeat(300)}two`);
  const delta = buildDelta(body('one'), target);

  test('find their base by offset, or by id before or behind them', async () => {
    const wanted = [oidOf('one'), computeOid('commit', target, 'sha1').oid].sort();
    const byId: PackPart = { type: 'ref-delta', base: oidOf('one'), body: delta };
    for (const parts of [
      [commitPart('one'), { type: 'ofs-delta', base: 0, body: delta }],
      [commitPart('one'), byId],
      [byId, commitPart('one')],
    ] as const) {
      expect([...(await read(buildPack(parts))).keys()].sort()).toEqual(wanted);
    }
  });

  test('form chains in any order, and long ones cost no more than short ones', async () => {
    const bodies = Array.from({ length: 5_000 }, (_, index) => body(`commit ${index}`));
    const chain = bodies.map((each, index): PackPart => {
      const previous = bodies[index - 1];
      if (previous === undefined) return { type: 'commit', body: each };
      return { type: 'ref-delta', base: computeOid('commit', previous, 'sha1').oid, body: buildDelta(previous, each) };
    });
    expect((await read(buildPack(chain.toReversed()))).size).toBe(5_000);
  });

  test('may rest on one that waits itself', async () => {
    const third = body('three');
    const pack = buildPack([
      { type: 'ref-delta', base: oidOf('one'), body: delta },
      { type: 'ofs-delta', base: 0, body: buildDelta(target, third) },
      commitPart('one'),
    ]);
    expect((await read(pack)).has(computeOid('commit', third, 'sha1').oid)).toBe(true);
  });

  test('may wait together for one base', async () => {
    const others = ['two', 'three', 'four'].map(body);
    const waiting = others.map(
      (each): PackPart => ({ type: 'ref-delta', base: oidOf('one'), body: buildDelta(body('one'), each) }),
    );
    expect((await read(buildPack([...waiting, commitPart('one')]))).size).toBe(4);
  });

  test('of a tag make a tag', async () => {
    const [first, second] = [Buffer.from('tag one'), Buffer.from('tag two')];
    const { commits, tags } = await readPack(
      buildPack([
        { type: 'tag', body: first },
        { type: 'ofs-delta', base: 0, body: buildDelta(first, second) },
      ]),
    );
    expect(commits.size).toBe(0);
    expect(new Map(tags)).toEqual(new Map([first, second].map((each) => [computeOid('tag', each, 'sha1').oid, each])));
  });

  test('whose base is no commit of this pack bring no commit', async () => {
    const pack = buildPack([
      { type: 'blob', body: body('one') },
      { type: 'ofs-delta', base: 0, body: delta },
      { type: 'ref-delta', base: oidOf('one'), body: delta },
      commitPart('else'),
    ]);
    expect([...(await read(pack)).keys()]).toEqual([oidOf('else')]);
  });

  test('copy 65,536 bytes where they say 0', async () => {
    const base = Buffer.alloc(0x10000, 'x');
    const whole = Buffer.concat([encodeSize(base.length), encodeSize(base.length), Buffer.of(0x80)]);
    const pack = buildPack([
      { type: 'commit', body: base },
      { type: 'ofs-delta', base: 0, body: whole },
    ]);
    expect([...(await read(pack)).values()]).toEqual([base]);
  });

  const one = body('one').length;
  test.each([
    ['of another base', [encodeSize(one + 1), encodeSize(1), Buffer.of(1, 0x61)]],
    ['with a reserved instruction', [encodeSize(one), encodeSize(1), Buffer.of(0)]],
    ['that copies from beyond its base', [encodeSize(one), encodeSize(2), Buffer.of(0b1001_0001, one - 1, 2)]],
    [
      'that copies from an offset of four bytes',
      [encodeSize(one), encodeSize(2), Buffer.of(0b1001_1111, 255, 255, 255, 255, 2)],
    ],
    ['that inserts beyond its end', [encodeSize(one), encodeSize(9), Buffer.of(9, 0x61)]],
    ['that writes more than its size', [encodeSize(one), encodeSize(1), Buffer.of(2, 0x61, 0x61)]],
    ['that writes less than its size', [encodeSize(one), encodeSize(9), Buffer.of(1, 0x61)]],
    ['that ends in its sizes', [encodeSize(one), Buffer.of(0x80)]],
    ['that ends in an instruction', [encodeSize(one), encodeSize(9), Buffer.of(0x91)]],
    ['of an impossible size', [encodeSize(one), Buffer.alloc(12, 0xff)]],
    ['that is empty', []],
  ])('%s are refused', async (_, parts) => {
    const pack = buildPack([commitPart('one'), { type: 'ofs-delta', base: 0, body: Buffer.concat(parts) }]);
    await expect(read(pack)).rejects.toThrow(expect.objectContaining({ code: 'bad_response' }));
  });
});

describe('a broken pack is refused', () => {
  const good = buildPack([
    commitPart('one'),
    commitPart('two'),
    { type: 'ofs-delta', base: 0, body: buildDelta(body('one'), body('three')) },
  ]);

  test('cut off anywhere', async () => {
    for (let length = 0; length < good.length; length++) {
      await expect(read(good.subarray(0, length))).rejects.toThrow(TransportError);
    }
    await expect(read(good.subarray(0, good.length / 2))).rejects.toThrow(
      expect.objectContaining({ code: 'truncated_pack' }),
    );
  });

  test('with fewer objects than it says', async () => {
    await expect(read(buildPack([commitPart('one')], 'sha1', 2))).rejects.toThrow(TransportError);
  });

  test.each([
    ['with another checksum', Buffer.concat([good.subarray(0, -1), Buffer.of(((good.at(-1) ?? 0) + 1) & 0xff)])],
    ['with more objects than it says', buildPack([commitPart('one'), commitPart('two')], 'sha1', 1)],
    ['of another signature', sealPack(Buffer.from('PUCK\0\0\0\x02\0\0\0\0', 'latin1'))],
    ['of an unknown version', sealPack(Buffer.from('PACK\0\0\0\x04\0\0\0\0', 'latin1'))],
    [
      'with an object of type 0',
      sealPack(Buffer.concat([Buffer.from('PACK\0\0\0\x02\0\0\0\x01\x00', 'latin1'), deflateSync('')])),
    ],
    [
      'with an object of type 5',
      sealPack(Buffer.concat([Buffer.from('PACK\0\0\0\x02\0\0\0\x01\x50', 'latin1'), deflateSync('')])),
    ],
    ['with an object larger than it says', buildPack([{ ...commitPart('one'), claimedSize: 10 }])],
    ['with an object smaller than it says', buildPack([{ ...commitPart('one'), claimedSize: 10_000 }])],
    ['with an object of impossible size', buildPack([{ ...commitPart('one'), claimedSize: 2 ** 60 }])],
    ['with a base before its start', buildPack([{ type: 'ofs-delta', base: 9, body: Buffer.from('x') }])],
    [
      'with a delta that is its own base',
      buildPack([commitPart('one'), { type: 'ofs-delta', base: 1, body: Buffer.from('x') }]),
    ],
  ])('%s', async (_, pack) => {
    await expect(read(pack)).rejects.toThrow(expect.objectContaining({ code: 'bad_response' }));
  });

  test('with any change of any byte, or the change is of no consequence', async () => {
    const expected = await read(good);
    await fc.assert(
      fc.asyncProperty(
        fc.nat(good.length - 1),
        fc.integer({ min: 1, max: 255 }),
        fc.boolean(),
        async (at, change, sealed) => {
          const changed = Buffer.from(good);
          changed[at] = (changed[at] ?? 0) ^ change;
          try {
            const commits = await read(sealed ? sealPack(changed.subarray(0, -20)) : changed);
            // Trust rule 1.1: whatever was accepted stands under the id of its bytes.
            for (const [oid, raw] of commits) expect(computeOid('commit', raw, 'sha1').oid).toBe(oid);
            if (!sealed) expect(commits).toEqual(expected);
          } catch (error) {
            expect(error).toBeInstanceOf(TransportError);
          }
        },
      ),
      { numRuns: 1_000 },
    );
  });

  test('that is random behind its header', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), fc.nat(5), async (bytes, count) => {
        const header = Buffer.from([...Buffer.from('PACK\0\0\0\x02\0\0\0', 'latin1'), count]);
        try {
          await read(sealPack(Buffer.concat([header, bytes])));
        } catch (error) {
          expect(error).toBeInstanceOf(TransportError);
        }
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('rule 4.7: past a limit nothing is read', () => {
  const limitError = (limit: string) => expect.objectContaining({ code: 'limit_exceeded', limit });
  const bomb = deflateSync(Buffer.alloc(50_000_000));

  test('commits', async () => {
    const pack = buildPack([commitPart('one'), commitPart('two'), commitPart('three')]);
    expect((await read(pack, { ...LIMITS, commits: 3 })).size).toBe(3);
    await expect(read(pack, { ...LIMITS, commits: 2 })).rejects.toThrow(limitError('commits'));
  });

  test('objects, by the mere claim', async () => {
    await expect(read(buildPack([], 'sha1', 0xffff_ffff))).rejects.toThrow(limitError('commits'));
  });

  test('bytes of one object, by the mere claim', async () => {
    const pack = buildPack([{ ...commitPart('one'), claimedSize: LIMITS.objectBytes + 1 }]);
    await expect(read(pack)).rejects.toThrow(limitError('objectBytes'));
  });

  test('bytes of what a delta makes, by the mere claim', async () => {
    const delta = Buffer.concat([encodeSize(body('one').length), encodeSize(LIMITS.objectBytes + 1)]);
    await expect(read(buildPack([commitPart('one'), { type: 'ofs-delta', base: 0, body: delta }]))).rejects.toThrow(
      limitError('objectBytes'),
    );
  });

  test('bytes of the pack, as they arrive', async () => {
    const pack = buildPack([commitPart('one')]);
    const reader = createPackReader('sha1', { ...LIMITS, packBytes: pack.length - 1 });
    expect(reader.push(pack.subarray(0, -1))).toBe(undefined);
    expect(() => reader.push(pack.subarray(-1))).toThrow(limitError('packBytes'));
    expect((await read(pack, { ...LIMITS, packBytes: pack.length })).size).toBe(1);
  });

  test('bytes of all objects together, when inflated', async () => {
    const blobs = Array.from({ length: 5 }, (): PackPart => ({ type: 'blob', body: Buffer.alloc(1_000) }));
    expect((await read(buildPack(blobs), { ...LIMITS, packBytes: 1_250 })).size).toBe(0);
    await expect(read(buildPack(blobs), { ...LIMITS, packBytes: 1_249 })).rejects.toThrow(limitError('packBytes'));
  });

  test('bytes of what deltas make, all together', async () => {
    const base = Buffer.alloc(0x10000, 'x');
    const whole = Buffer.concat([encodeSize(base.length), encodeSize(3 * base.length), Buffer.of(0x80, 0x80, 0x80)]);
    const pack = buildPack([
      { type: 'commit', body: base },
      { type: 'ofs-delta', base: 0, body: whole },
    ]);
    expect((await read(pack, { ...LIMITS, packBytes: 0x10000 + 10 })).size).toBe(2);
    await expect(read(pack, { ...LIMITS, packBytes: 0x10000 - 1 })).rejects.toThrow(limitError('packBytes'));
  });

  test('bytes of an object that nobody needs, by the mere claim', async () => {
    // Not even deflated.
    const head = Buffer.from([...Buffer.from('PACK\0\0\0\x02\0\0\0\x01\xb0', 'latin1'), ...encodeSize(2 ** 27)]);
    await expect(read(Buffer.concat([head, Buffer.from('garbage')]))).rejects.toThrow(limitError('packBytes'));
  });

  test('bytes that an object may have when deflated: it is not waited for', async () => {
    const emptyBlocks = Buffer.alloc(10_000, Buffer.of(0, 0, 0, 0xff, 0xff));
    const pack = Buffer.concat([Buffer.from('PACK\0\0\0\x02\0\0\0\x01\x1a\x78\x9c', 'latin1'), emptyBlocks]);
    await expect(read(pack)).rejects.toThrow(expect.objectContaining({ code: 'bad_response' }));
  });

  test('deltas that wait: those beyond bring nothing', async () => {
    const base = body('one');
    const [first, last] = ['a', 'b'].map((letter) => body(letter.repeat(1_000_000)));
    if (!first || !last) throw new RangeError();
    const wait = (target: Buffer, id: string): PackPart => ({
      type: 'ref-delta',
      base: id,
      body: buildDelta(base, target),
    });
    const others = Array.from({ length: 40 }, (_, index) => wait(last, `${index}`.padStart(40, '0')));
    const oid = oidOf('one');
    expect((await read(buildPack([wait(first, oid), wait(last, oid), commitPart('one')]))).size).toBe(3);
    const kept = await read(buildPack([wait(first, oid), ...others, wait(last, oid), commitPart('one')]));
    expect([...kept.keys()].sort()).toEqual([oid, computeOid('commit', first, 'sha1').oid].sort());
  });

  test('deltas that wait make room once their base is there', async () => {
    const target = body('a'.repeat(1_000_000));
    const parts = Array.from({ length: 36 }, (_, index): readonly PackPart[] => {
      const base = body(`base ${index}`);
      const { oid } = computeOid('commit', base, 'sha1');
      return [
        { type: 'ref-delta', base: oid, body: buildDelta(base, target) },
        { type: 'commit', body: base },
      ];
    });
    expect((await read(buildPack(parts.flat()))).size).toBe(37);
  });

  test('parents of all commits together', async () => {
    const parent = `parent ${'b'.repeat(40)}\n`;
    const merge = (text: string): PackPart => ({
      type: 'commit',
      body: Buffer.from(`tree ${'a'.repeat(40)}\n${parent.repeat(5)}\n${text}`),
    });
    const pack = buildPack([merge('one'), merge('two'), commitPart('three')]);
    expect((await read(pack, { ...LIMITS, commits: 5, parents: 2 })).size).toBe(3);
    await expect(read(pack, { ...LIMITS, commits: 3, parents: 3 })).rejects.toThrow(limitError('parents'));
  });

  test('a bomb that claims to be small is not inflated: what is wrong at its end is never met', async () => {
    // Its checksum, at the end, is wrong.
    const broken = Buffer.from(bomb).fill(0xff, bomb.length - 4);
    expect(() => inflateSync(broken)).toThrow(expect.objectContaining({ code: 'Z_DATA_ERROR' }));
    const pack = sealPack(Buffer.concat([Buffer.from('PACK\0\0\0\x02\0\0\0\x01\x1a', 'latin1'), broken]));
    await expect(read(pack)).rejects.toThrow(
      expect.objectContaining({ code: 'bad_response', message: expect.stringContaining('not the stated size') }),
    );
  });
});

describe('an object that nobody needs, larger than what is inflated at once', () => {
  const blob = Buffer.alloc(400_000, 'Some text that deflates well. ');
  const claiming = (claimedSize: number) => buildPack([{ type: 'blob', body: blob, claimedSize }, commitPart('one')]);
  const edge = buildPack([{ type: 'blob', body: blob }]).length - 20;

  test.each([
    ['in one chunk', [1_000_000]],
    ['in small chunks', [1, 2, 3]],
    ['in chunks as large as itself', [edge]],
  ] as const)('is skipped: %s', async (_, chunkLengths) => {
    for (const size of [65_535, 65_536, 65_537, 400_000]) {
      const pack = buildPack([{ type: 'blob', body: blob.subarray(0, size) }, commitPart('one')]);
      const { commits } = await readPack(pack, { limits: { ...LIMITS, objectBytes: 100 }, chunkLengths });
      expect([...commits.keys()]).toEqual([oidOf('one')]);
    }
  });

  test.each([
    ['smaller than it says', claiming(blob.length + 1)],
    ['larger than it says', claiming(blob.length - 1)],
    ['far larger than it says', buildPack([{ type: 'tree', body: Buffer.alloc(20_000_000), claimedSize: 65_537 }])],
    ['that is corrupt', sealPack(Buffer.from(claiming(blob.length).subarray(0, -20)).fill(0xff, 100, 110))],
  ])('is refused, %s', async (_, pack) => {
    for (const length of [1, 1_000, 1_000_000])
      await expect(readPack(pack, { chunkLengths: [length] })).rejects.toThrow(
        expect.objectContaining({ code: 'bad_response' }),
      );
  });

  test('is refused where the pack ends within it, or right behind it', async () => {
    for (const length of [edge - 100, edge, edge + 19])
      await expect(read(claiming(blob.length).subarray(0, length))).rejects.toThrow(
        expect.objectContaining({ code: 'truncated_pack' }),
      );
  });

  test('keeps no other error back', async () => {
    const pack = buildPack([
      { type: 'blob', body: blob },
      { ...commitPart('one'), claimedSize: 3 },
    ]);
    await expect(read(pack)).rejects.toThrow(expect.objectContaining({ code: 'bad_response' }));
  });
});

test('a commit that arrives byte by byte is not tried at each', async () => {
  const large = body(randomBytes(200_000).toString('hex'));
  const { commits } = await readPack(buildPack([{ type: 'commit', body: large }]), { chunkLengths: [1] });
  expect([...commits.values()]).toEqual([large]);
});

test('what is kept holds back no memory of what is not', async () => {
  const parts = Array.from({ length: 300 }, (_, index): readonly PackPart[] => [
    commitPart(`commit ${index}`),
    { type: 'blob', body: Buffer.alloc(30_000, `${index}`) },
  ]).flat();
  const commits = await read(buildPack(parts));
  expect(commits.size).toBe(300);
  const held = new Set([...commits.values()].map((raw) => raw.buffer));
  expect([...held].reduce((total, { byteLength }) => total + byteLength, 0)).toBeLessThan(100_000);
});

describeWithSharedData('the history of nonguix', () => {
  test('is read as a whole: every commit parses, and all parents are there', async () => {
    const commits = await read(await readFile(sharedData('histories', 'nonguix', 'commits.pack')));
    expect(commits.size).toBe(2_662);
    for (const [oid, raw] of commits) {
      const commit = parseCommit(oid, raw, LIMITS);
      expect(readCommitNode(oid, raw)).toEqual({ oid, parents: commit.parents });
      expect(commit.parents.every((parent) => commits.has(parent))).toBe(true);
    }
  });
});
