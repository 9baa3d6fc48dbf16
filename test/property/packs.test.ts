import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { TransportError } from '../../shared/git/transport-error.ts';
import { DEFAULT_BRANCH_LIMITS } from '../../shared/model/limits.ts';
import type { ObjectFormat } from '../../shared/model/oid.ts';
import { createGitRepository } from '../support/git-repository.ts';
import { mutatePack, type PackOriginal, readOriginal } from '../support/mutate-pack.ts';
import { RandomNumbers } from '../support/random-numbers.ts';
import { readPack } from '../support/read-pack.ts';
import { SEED } from '../support/seed.ts';

const MUTANTS = 4_000;
const LIMITS = { ...DEFAULT_BRANCH_LIMITS, commits: 1_000, objectBytes: 100_000 };

describe('random mutations of packs (trust rules 1.1, 1.5, 4.7)', () => {
  const originals: PackOriginal[] = [];
  beforeAll(async () => {
    for (const format of ['sha1', 'sha256'] as const) originals.push(...(await createPacks(format)));
  }, 120_000);

  it(`are refused, or change no object under its id, in ${MUTANTS} mutants cut in any way`, async () => {
    const random = new RandomNumbers(SEED);
    const counts = new Map<string, number>();
    for (let count = 0; count < MUTANTS; count += 1) {
      const original = random.pick(originals);
      const { pack, done, isSealed } = mutatePack(original, originals, random);
      const where = `Seed ${SEED}, mutant ${count}: ${done.join(', ')}`;
      const whole = await outcomeOf(pack, original.format, [pack.length + 1]);
      const lengths = [random.between(1, 40), random.between(1, 4_000)] as const;
      expect(await outcomeOf(pack, original.format, lengths), where).toEqual(whole);
      if (whole.error === null && !isSealed)
        expect(whole, where).toEqual(await outcomeOf(original.pack, original.format, [100_000]));
      const kind = whole.error ?? (whole.objects.length === 0 ? 'read: nothing' : 'read');
      counts.set(kind, (counts.get(kind) ?? 0) + 1);
    }
    console.log(`Packs, seed ${SEED}: ${[...counts].map(([kind, times]) => `${times} ${kind}`).join(', ')}`);
    for (const kind of ['read', 'bad_response', 'truncated_pack', 'limit_exceeded'])
      expect(counts.get(kind), kind).toBeGreaterThan(MUTANTS / 100);
  }, 600_000);
});

interface Outcome {
  readonly error: string | null;
  readonly objects: readonly string[];
}

/** @throws where it is none of the errors that a source has, or where an id is not the hash of its bytes. */
async function outcomeOf(
  pack: Buffer,
  format: ObjectFormat,
  chunkLengths: readonly [number, ...number[]],
): Promise<Outcome> {
  try {
    const { commits, tags } = await readPack(pack, { format, limits: LIMITS, chunkLengths });
    const objects = [
      ...[...commits].map((each) => ['commit', ...each] as const),
      ...[...tags].map((each) => ['tag', ...each] as const),
    ];
    for (const [kind, oid, body] of objects)
      if (createHash(format).update(`${kind} ${body.length}\0`).update(body).digest('hex') !== oid)
        throw new Error(`${oid} is not the id of its bytes`);
    return { error: null, objects: objects.map(([kind, oid]) => `${kind} ${oid}`) };
  } catch (error) {
    if (!(error instanceof TransportError)) throw error;
    return { error: error.code, objects: [] };
  }
}

/** Of a small history with an annotated tag, with trees and blobs and without, with deltas by offset and by id. */
async function createPacks(format: ObjectFormat): Promise<readonly PackOriginal[]> {
  const repository = await createGitRepository({ format });
  try {
    const text = 'A message that is long enough to be a delta. '.repeat(10);
    for (let index = 0; index < 8; index += 1)
      await repository.commit(`${text}${index}`, {
        files: { file: `${text}${text}${index}\n`, [`file${index}`]: `${index}\n` },
      });
    await repository.run('tag', '-a', 'v1', '-m', text);
    await repository.run('tag', '-a', 'v2', '-m', `${text}2`);
    const pack = async (...args: readonly string[]): Promise<PackOriginal> => {
      const flags = ['--stdout', '-q', '--revs', '--no-reuse-delta', '--window=50', '--depth=50'];
      const bytes = await repository.pipe('main\nv1\nv2\n', 'pack-objects', ...flags, ...args);
      return readOriginal(bytes, format);
    };
    return [
      await pack('--filter=tree:0'),
      await pack('--filter=tree:0', '--delta-base-offset'),
      await pack(),
      await pack('--delta-base-offset'),
    ];
  } finally {
    await repository.remove();
  }
}
