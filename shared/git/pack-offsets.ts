import type { Oid } from '../model/oid.ts';

/** Which object lies at which offset of a pack. */
export interface PackOffsets {
  set(offset: number, oid: Oid): void;
  get(offset: number): Oid | undefined;
}

/** Two lists, for offsets that come in ascending order: the offsets of all but the few that come later than their neighbours. */
export function createPackOffsets(): PackOffsets {
  const offsets: number[] = [];
  const oids: Oid[] = [];
  const others = new Map<number, Oid>();
  let last = -1;
  return {
    set: (offset, oid) => {
      if (offset <= last) {
        others.set(offset, oid);
        return;
      }
      last = offset;
      offsets.push(offset);
      oids.push(oid);
    },
    get: (offset) => {
      let [low, high] = [0, offsets.length - 1];
      while (low < high) {
        const middle = (low + high) >> 1;
        if ((offsets[middle] as number) < offset) low = middle + 1;
        else high = middle;
      }
      return offsets[low] === offset ? oids[low] : others.get(offset);
    },
  };
}
