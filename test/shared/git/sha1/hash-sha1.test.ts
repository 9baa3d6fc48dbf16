import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DISTURBANCE_VECTORS } from '../../../../shared/git/sha1/disturbance-vectors.ts';
import { hashSha1 } from '../../../../shared/git/sha1/hash-sha1.ts';
import { collidesBy } from '../../../../shared/git/sha1/recompress.ts';
import { remainingVectors } from '../../../../shared/git/sha1/unavoidable-conditions.ts';
import { readPack } from '../../../support/read-pack.ts';
import { describeWithSharedData, sharedData } from '../../../support/shared-data.ts';
import { traceBlock, traceMessage } from './trace-sha1.ts';

const oracle = (bytes: Uint8Array): string => createHash('sha1').update(bytes).digest('hex');
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

describe('digests', () => {
  test('are those of OpenSSL for every length around the borders of blocks', () => {
    for (let length = 0; length < 300; length++) {
      const bytes = randomBytes(length);
      expect(hashSha1([bytes])).toEqual({
        digest: Uint8Array.from(Buffer.from(oracle(bytes), 'hex')),
        collides: false,
      });
    }
  });

  test('do not depend on how a message is cut into parts', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 6 }), (parts) => {
        expect(hex(hashSha1(parts).digest)).toBe(oracle(Buffer.concat(parts)));
      }),
    );
  });
});

describe('disturbance vectors', () => {
  test.each(
    DISTURBANCE_VECTORS.map((vector) => [`${vector.type}(${vector.k},${vector.b})`, vector] as const),
  )('%s: its message differences expand, and its states meet', (_, {
    messageDifferences: dw,
    disturbances,
    testStep,
  }) => {
    const rotate = (word: number) => (word << 1) | (word >>> 31);
    const at = (t: number) => dw[t] ?? Number.NaN;
    for (let t = 16; t < 80; t++) expect(at(t)).toBe(rotate(at(t - 3) ^ at(t - 8) ^ at(t - 14) ^ at(t - 16)));
    expect([...disturbances.subarray(testStep, testStep + 5)]).toEqual([0, 0, 0, 0, 0]);
    expect(disturbances[testStep + 5]).not.toBe(0);
  });
});

describeWithSharedData('published collisions', () => {
  const folder = sharedData('sha1-collisions');
  const files = readdirSync(folder).map((name) => [name, readFileSync(`${folder}/${name}`)] as const);

  test('are four files', () => {
    expect(files).toHaveLength(4);
  });

  test.each(files)('%s is told, wherever it is cut', (_, bytes) => {
    expect(hex(hashSha1([bytes]).digest)).toBe(oracle(bytes));
    for (const cut of [0, 1, 63, 64, 65, 300, bytes.length])
      expect(hashSha1([bytes.subarray(0, cut), bytes.subarray(cut)]).collides).toBe(true);
  });

  test.each(files)('%s: one vector flags one block, and the filter leaves that vector', (_, bytes) => {
    const found = traceMessage(bytes).flatMap(({ before, after, expanded }) =>
      DISTURBANCE_VECTORS.flatMap((vector, index) =>
        collidesBy(vector, before, after, expanded)
          ? [{ vector, kept: (remainingVectors(expanded) >>> index) & 1 }]
          : [],
      ),
    );
    expect(found).toMatchObject([{ kept: 1 }]);
  });

  test.each(files)('%s is told no more once a bit of the colliding block is another', (_, bytes) => {
    const blocks = traceMessage(bytes);
    const last = blocks.findLastIndex(({ before, after, expanded }) =>
      DISTURBANCE_VECTORS.some((vector) => collidesBy(vector, before, after, expanded)),
    );
    for (let bit = 0; bit < 512; bit += 7) {
      const changed = Buffer.from(bytes);
      const offset = 64 * last + (bit >>> 3);
      changed[offset] = (changed[offset] ?? 0) ^ (1 << (bit & 7));
      expect(hashSha1([changed]).collides).toBe(false);
    }
  });
});

test('nothing is found in 200,000 random blocks', () => {
  for (let round = 0; round < 20; round++) expect(hashSha1([randomBytes(10_000 * 64)]).collides).toBe(false);
});

test('the unfiltered check agrees on random blocks', () => {
  for (let round = 0; round < 3_000; round++) {
    const { before, after, expanded } = traceBlock(randomWords(5), randomWords(16));
    expect(DISTURBANCE_VECTORS.some((vector) => collidesBy(vector, before, after, expanded))).toBe(false);
  }
});

describeWithSharedData('real commits', () => {
  test('none of nonguix collides', async () => {
    const pack = readFileSync(sharedData('histories', 'nonguix', 'commits.pack'));
    const { commits, collisions } = await readPack(pack);
    expect(commits.size).toBeGreaterThan(2_000);
    expect(collisions.size).toBe(0);
    for (const [oid, raw] of commits)
      expect(oracle(Buffer.concat([Buffer.from(`commit ${raw.length}\0`), raw]))).toBe(oid);
  });
});

function randomWords(count: number): Int32Array {
  return new Int32Array(randomBytes(4 * count).buffer.slice(0, 4 * count));
}
