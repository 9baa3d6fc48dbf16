import { createHash, randomBytes } from 'node:crypto';
import { hashSha1 } from '../../shared/git/sha1/hash-sha1.ts';
import type { BenchRow } from './measure.ts';
import { compareCpu } from './measure-cpu.ts';

const LIMIT = 150;
const ROUNDS = 15;

/** SHA-1 with collision detection on commits and on a large object, beside the limit and beside OpenSSL's without detection. */
export function benchSha1(): BenchRow[] {
  const small = Array.from({ length: 4_000 }, () => [Buffer.from('commit 1240\0'), randomBytes(1_240)]);
  const large = [[Buffer.from('blob 8388608\0'), randomBytes(8 * 1024 * 1024)]];
  return [...compare('SHA-1, commits of 1.2 KB', small), ...compare('SHA-1, 8 MB', large)];
}

function compare(name: string, objects: readonly (readonly Uint8Array[])[]): BenchRow[] {
  const megabytes = objects.flat().reduce((sum, part) => sum + part.length, 0) / 1e6;
  const all = (hash: (parts: readonly Uint8Array[]) => unknown) => () => objects.forEach((parts) => void hash(parts));
  const openssl = all((parts) => parts.reduce((hash, part) => hash.update(part), createHash('sha1')).digest());
  const times = compareCpu(ROUNDS, megabytes, all(hashSha1), openssl);
  const [ours, theirs] = [1e6 / times.ours, 1e6 / times.theirs];
  const row = (against: string, rate: number): BenchRow => ({
    name: `${name}, against ${against}`,
    ours: `${ours.toFixed(0)} MB/s`,
    peer: `${against} ${rate.toFixed(0)} MB/s`,
    ratio: ours / rate,
  });
  return [row('limit', LIMIT), row('OpenSSL without detection', theirs)];
}
