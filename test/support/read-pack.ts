import { createPackReader } from '../../shared/git/pack-reader.ts';
import type { SentTags } from '../../shared/git/tag-source.ts';
import { type BranchLimits, DEFAULT_BRANCH_LIMITS } from '../../shared/model/limits.ts';
import type { ObjectFormat } from '../../shared/model/oid.ts';

export interface ReadPackOptions {
  readonly format?: ObjectFormat;
  readonly limits?: BranchLimits;
  /** Of the chunks in which the pack arrives, used again and again. */
  readonly chunkLengths?: readonly [number, ...number[]];
}

/** Reads a pack that is at hand. @throws TransportError */
export async function readPack(pack: Uint8Array, options: ReadPackOptions = {}): Promise<SentTags> {
  const { format = 'sha1', limits = DEFAULT_BRANCH_LIMITS, chunkLengths = [64 * 1024] } = options;
  const reader = createPackReader(format, limits);
  for (let start = 0, index = 0; start < pack.length; index += 1) {
    const end = start + (chunkLengths[index % chunkLengths.length] ?? pack.length);
    await reader.push(pack.subarray(start, end));
    start = end;
  }
  return reader.finish();
}
