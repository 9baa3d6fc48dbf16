import { createHash, randomBytes } from 'node:crypto';
import { hashSha1 } from '../../shared/git/sha1/hash-sha1.ts';
import { type BenchRow, medianMs } from './measure.ts';

const LIMIT = 150;

/** SHA-1 with collision detection on commits and on a large object, beside the limit and beside OpenSSL's without detection. */
export async function benchSha1(): Promise<BenchRow[]> {
  const small = Array.from({ length: 4_000 }, () => [Buffer.from('commit 1240\0'), randomBytes(1_240)]);
  const large = [[Buffer.from('blob 8388608\0'), randomBytes(8 * 1024 * 1024)]];
  return [...(await compare('SHA-1, commits of 1.2 KB', small)), ...(await compare('SHA-1, 8 MB', large))];
}

async function compare(name: string, objects: readonly (readonly Uint8Array[])[]): Promise<BenchRow[]> {
  const megabytes = objects.flat().reduce((sum, part) => sum + part.length, 0) / 1e6;
  const rate = async (hash: (parts: readonly Uint8Array[]) => unknown): Promise<number> => {
    const run = () => objects.forEach((parts) => void hash(parts));
    await medianMs(3, run);
    return (megabytes / (await medianMs(15, run))) * 1000;
  };
  const ours = await rate(hashSha1);
  const peer = await rate((parts) => parts.reduce((hash, part) => hash.update(part), createHash('sha1')).digest());
  const row = (against: string, theirs: number): BenchRow => ({
    name: `${name}, against ${against}`,
    ours: `${ours.toFixed(0)} MB/s`,
    peer: `${against} ${theirs.toFixed(0)} MB/s`,
    ratio: ours / theirs,
  });
  return [row('limit', LIMIT), row('OpenSSL without detection', peer)];
}
