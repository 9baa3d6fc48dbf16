import { type Oid, parseOid } from '../model/oid.ts';

/** A set of object ids in little memory. */
export interface AncestorSet extends Iterable<Oid> {
  has(id: Oid): boolean;
}

/** Full ids of one object format as raw bytes, in their order, without anything between them. */
export function packOids(ids: Iterable<Oid>): Buffer<ArrayBuffer> {
  return Buffer.from([...ids].sort().join(''), 'hex');
}

/** @param lists - as `packOids` makes them. @param width - bytes of one id */
export function createAncestorSet(lists: readonly Uint8Array[], width: number): AncestorSet {
  return {
    has(id) {
      const wanted = Buffer.from(id, 'hex');
      return wanted.length === width && lists.some((list) => includes(list, wanted));
    },
    *[Symbol.iterator]() {
      for (const list of lists) {
        const ids = Buffer.from(list).toString('hex');
        for (let start = 0; start < ids.length; start += 2 * width) yield parseOid(ids.slice(start, start + 2 * width));
      }
    },
  };
}

/** Binary search. */
function includes(list: Uint8Array, wanted: Uint8Array): boolean {
  let low = 0;
  let high = list.length / wanted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const order = compareAt(list, middle * wanted.length, wanted);
    if (order === 0) return true;
    if (order > 0) low = middle + 1;
    else high = middle;
  }
  return false;
}

/** Their first bytes tell most ids apart: `Buffer.compare` takes several times as long. @returns as `wanted` stands to the id there */
function compareAt(list: Uint8Array, start: number, wanted: Uint8Array): number {
  for (const [n, byte] of wanted.entries()) {
    const order = byte - (list[start + n] as number);
    if (order !== 0) return order;
  }
  return 0;
}
