import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { createPackFiles, type SentFiles } from '../../../shared/git/pack-files.ts';
import { createObjectReader } from '../../../shared/git/pack-reader.ts';
import { TransportError } from '../../../shared/git/transport-error.ts';
import { DEFAULT_BRANCH_LIMITS } from '../../../shared/model/limits.ts';
import type { ObjectFormat } from '../../../shared/model/oid.ts';
import { createGitRepository } from '../../support/git-repository.ts';
import { mutatePack, readOriginal } from '../../support/mutate-pack.ts';
import { RandomNumbers } from '../../support/random-numbers.ts';
import { SEED } from '../../support/seed.ts';

const MUTANTS = 200;

async function read(pack: Buffer, format: ObjectFormat, chunkBytes = 4_000): Promise<SentFiles> {
  const reader = createObjectReader(format, DEFAULT_BRANCH_LIMITS, createPackFiles(format, DEFAULT_BRANCH_LIMITS));
  for (let start = 0; start < pack.length; start += chunkBytes)
    await reader.push(pack.subarray(start, start + chunkBytes));
  return reader.finish();
}

/** Of each object its type and id, which must be the hash of its bytes. */
function describeObjects({ trees, blobs }: SentFiles, format: ObjectFormat): readonly string[] {
  return [
    ...[...trees].map((each) => ['tree', ...each] as const),
    ...[...blobs].map((each) => ['blob', ...each] as const),
  ]
    .map(([type, oid, body]) => {
      const digest = createHash(format).update(`${type} ${body.length}\0`).update(body).digest('hex');
      return `${type} ${digest === oid ? oid : `is not ${oid}`}`;
    })
    .sort();
}

describe.each(['sha1', 'sha256'] as const)('the trees and files of a pack (%s)', async (format) => {
  const repository = await createGitRepository({ format });
  const line = 'A line that is long enough to be a delta. '.repeat(10);
  for (let index = 0; index < 8; index += 1)
    await repository.commit(`${index}`, {
      files: { [`folder/${index}`]: `${line}${index}\n`, file: `${index}${line}\n` },
    });
  const objects = await repository.run('cat-file', '--batch-all-objects', '--batch-check=%(objecttype) %(objectname)');
  const expected = objects
    .split('\n')
    .filter((each) => !each.startsWith('commit'))
    .sort();
  const packs = await Promise.all(
    [[], ['--delta-base-offset'], ['--window=0']].map((args) =>
      repository.pipe('main\n', 'pack-objects', '--stdout', '-q', '--revs', '--no-reuse-delta', ...args),
    ),
  );
  await repository.remove();

  test('are those that git has, deltas or not', async () => {
    for (const pack of packs)
      for (const chunkBytes of [7, 100_000])
        expect(describeObjects(await read(pack, format, chunkBytes), format)).toEqual(expected);
  });

  test(`are refused, or stand under the hash of their bytes, in ${MUTANTS} mutants`, async () => {
    const random = new RandomNumbers(SEED);
    const originals = packs.map((pack) => readOriginal(pack, format));
    let refused = 0;
    for (let count = 0; count < MUTANTS; count += 1) {
      const { pack, done } = mutatePack(random.pick(originals), originals, random);
      try {
        const found = describeObjects(await read(pack, format), format);
        expect(
          found.filter((each) => each.includes('not')),
          done.join(', '),
        ).toEqual([]);
      } catch (error) {
        expect(error, done.join(', ')).toBeInstanceOf(TransportError);
        refused += 1;
      }
    }
    expect(refused).toBeGreaterThan(MUTANTS / 2);
    expect(refused).toBeLessThan(MUTANTS);
  });
});
