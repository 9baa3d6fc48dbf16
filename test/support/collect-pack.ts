import type { PackSink } from '../../shared/git/git-remote.ts';
import type { SentTags } from '../../shared/git/tag-source.ts';

/** What a finished pack gives, so that an answer with a pack can be told. */
export const COLLECTED: SentTags = { commits: new Map(), tags: new Map(), collisions: new Set() };

/** Takes a pack as it arrives, and keeps its bytes. */
export function collectPack(): { readonly openPack: () => PackSink<SentTags>; readonly bytes: () => Buffer } {
  const parts: Uint8Array[] = [];
  const push = (chunk: Uint8Array) => {
    parts.push(Uint8Array.from(chunk));
    return undefined;
  };
  return { openPack: () => ({ push, finish: async () => COLLECTED }), bytes: () => Buffer.concat(parts) };
}
