import type { Oid } from '../model/oid.ts';
import type { PackEntry } from './pack-entry.ts';

export type DeltaEntry = Extract<PackEntry, { type: 'delta' }>;

export interface WaitingDelta {
  readonly offset: number;
  readonly data: Uint8Array;
}

/** Deltas whose base may still come: an id's base lies anywhere in the pack, an offset's base may itself be waiting. */
export interface WaitingDeltas {
  accepts(delta: DeltaEntry): boolean;
  add(delta: DeltaEntry, data: Uint8Array): void;
  /** Those that waited for the object at this offset, of this id. */
  release(offset: number, oid: Oid): readonly WaitingDelta[];
}

/**
 * Git writes a base before its deltas, so what waits is, but for odd servers, what rests on trees and blobs, by id. It is
 * let go beyond this, and what might be built from it is missing (trust rule 1.5).
 */
const MAX_WAITING_BYTES = 32 * 1024 * 1024;

/** What a delta takes beside its data. */
const OVERHEAD_BYTES = 512;

const NONE: readonly WaitingDelta[] = [];

export function createWaitingDeltas(): WaitingDeltas {
  const byBase = new Map<number | Oid, WaitingDelta[]>();
  const offsets = new Set<number>();
  let room = MAX_WAITING_BYTES;

  const releaseOf = (base: number | Oid): readonly WaitingDelta[] => {
    const released = byBase.get(base);
    if (released === undefined) return NONE;
    byBase.delete(base);
    for (const { data } of released) room += data.length + OVERHEAD_BYTES;
    return released;
  };

  return {
    accepts: ({ base, size }) => {
      // An offset points backwards: what is neither kept nor waiting there is another kind of object.
      const mayCome = typeof base === 'string' || offsets.has(base);
      return mayCome && size + OVERHEAD_BYTES <= room;
    },
    add: ({ base, offset }, data) => {
      offsets.add(offset);
      room -= data.length + OVERHEAD_BYTES;
      const others = byBase.get(base);
      if (others === undefined) byBase.set(base, [{ offset, data }]);
      else others.push({ offset, data });
    },
    release: (offset, oid) => (byBase.size === 0 ? NONE : [...releaseOf(offset), ...releaseOf(oid)]),
  };
}
