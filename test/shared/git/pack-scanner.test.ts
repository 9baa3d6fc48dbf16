import { randomBytes } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { computeOid } from '../../../shared/git/object-id.ts';
import { createPackScanner } from '../../../shared/git/pack-scanner.ts';
import { buildPack, type PackPart } from '../../support/build-pack.ts';
import { compareInflate } from '../../support/compare-inflate.ts';
import { SEED } from '../../support/seed.ts';

const PARTS: readonly PackPart[] = [
  ...[0, 1, 9, 10, 43, 44, 52, 53, 99, 100, 999, 1_000, 65_536].map(
    (length): PackPart => ({
      type: 'commit',
      body: randomBytes(length),
    }),
  ),
  { type: 'tag', body: randomBytes(300) },
  { type: 'tree', body: randomBytes(300) },
  { type: 'blob', body: Buffer.alloc(5_000, 'text ') },
  { type: 'ofs-delta', base: 0, body: randomBytes(30) },
  { type: 'ref-delta', base: 'ab'.repeat(20), body: randomBytes(40) },
];

/** The entries of a pack, without its header and its checksum. */
const entriesOf = (parts: readonly PackPart[]): Buffer => buildPack(parts).subarray(12, -20);

function scanAll(input: Buffer, format: 'sha1' | 'sha256' = 'sha1') {
  const scanner = createPackScanner(format);
  scanner.scan(input);
  const found = [];
  for (let entry = scanner.next(); entry !== null; entry = scanner.next())
    found.push({ ...entry, data: Buffer.from(entry.data) });
  return found;
}

test('inflates as zlib does: the same bytes of the same length, or neither does', () => {
  const { inflated, refused } = compareInflate(4_000, SEED);
  expect(inflated).toBeGreaterThan(1_000);
  expect(refused).toBeGreaterThan(1_000);
});

describe('rule 1.1: entries stand under the ids of their bytes', () => {
  test('commits and tags; the others have none', () => {
    const found = scanAll(entriesOf(PARTS));
    expect(found.map(({ data }) => data)).toEqual(PARTS.map(({ body }) => body));
    expect(found.map(({ consumed }) => consumed)).toEqual(PARTS.map(({ body }) => deflateSync(body).length));
    expect(found.map(({ id }) => id)).toEqual(
      PARTS.map(({ type, body }) => (type === 'commit' || type === 'tag' ? computeOid(type, body, 'sha1') : null)),
    );
  });

  test('in SHA-256 none has: Node hashes them', () => {
    const parts = PARTS.slice(0, 5);
    expect(scanAll(entriesOf(parts), 'sha256').map(({ data, id }) => [data, id])).toEqual(
      parts.map(({ body }) => [body, null]),
    );
  });
});

describe('rule 4.7: what is unusual is left to those who judge it', () => {
  const small: PackPart = { type: 'commit', body: Buffer.from('small') };
  const zeros = Buffer.alloc(50_000_000);
  test.each([
    ['larger than 64 KiB', { type: 'commit', body: Buffer.alloc(65_537) }],
    ['a bomb that says to be small', { type: 'commit', body: zeros, claimedSize: 100 }],
    ['a bomb that says to be large', { type: 'blob', body: zeros }],
    ['of a size beyond all numbers', { ...small, claimedSize: Number.MAX_SAFE_INTEGER }],
    ['smaller than it says', { ...small, claimedSize: 6 }],
    ['larger than it says', { ...small, claimedSize: 4 }],
  ] as const)('%s', (_, odd) => {
    expect(scanAll(entriesOf([small, odd, small])).map(({ data }) => String(data))).toEqual(['small']);
  });

  test('of a type that git does not have', () => {
    for (const type of [0, 5]) {
      const odd = Buffer.concat([Buffer.of((type << 4) | 5), deflateSync('small')]);
      expect(scanAll(Buffer.concat([entriesOf([small]), odd]))).toHaveLength(1);
    }
  });

  test('not whole, wherever it is cut, whatever lay in memory before', () => {
    const input = entriesOf([small, { type: 'ofs-delta', base: 0, body: randomBytes(200) }, small]);
    const ends = scanAll(input).map(({ consumed }) => consumed);
    expect(ends).toHaveLength(3);
    for (let length = 0; length < input.length; length += 1) {
      scanAll(input);
      const found = scanAll(input.subarray(0, length));
      expect(found).toEqual(scanAll(input).slice(0, found.length));
      expect(found.length).toBeLessThan(3);
    }
  });

  test('in random bytes', () => {
    for (let round = 0; round < 2_000; round += 1) {
      const found = scanAll(Buffer.concat([entriesOf([small]), Buffer.of(0x95, 0x0a, 0x78, 0x9c), randomBytes(300)]));
      expect(found.map(({ data }) => String(data))).toEqual(['small']);
    }
  });
});

test('entries that hold more than the memory for them come in several scans', () => {
  const parts = Array.from(
    { length: 40 },
    (_, index): PackPart => ({ type: 'blob', body: Buffer.alloc(60_000, index) }),
  );
  const input = entriesOf(parts);
  const scanner = createPackScanner('sha1');
  const found: Buffer[] = [];
  let start = 0;
  for (let scans = 0; scans < 10 && start < input.length; scans += 1) {
    scanner.scan(input.subarray(start));
    for (let entry = scanner.next(); entry !== null; entry = scanner.next()) {
      found.push(Buffer.from(entry.data));
      start += 3 + entry.consumed;
    }
  }
  expect(found).toEqual(parts.map(({ body }) => body));
});
