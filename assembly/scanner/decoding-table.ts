import { COUNTS, LISTED, PLACES, SORTED, TABLE_BYTES } from './memory';

/*
 * An entry of a decoding table, 32 bits: in the lowest eight how many bits of the stream the code takes, in the next eight
 * what it is, in the upper half its value. The low nibble of what it is counts the bits that follow the code: those that are
 * added to the value, or the index in a second table, which the value names.
 */
export const LITERAL: u32 = 0x8000;
export const END: u32 = 0x4000;
export const INVALID: u32 = 0x2000;
export const LINK: u32 = 0x1000;

const MAX_BITS: u32 = 15;

/**
 * Makes the table of a canonical prefix code (RFC 1951, 3.2.2).
 * @param lengths one byte for each of the `symbolCount` symbols: the length of its code, 0 without one
 * @param symbols what each symbol is: an entry without its bits
 * @param mayBeSingle whether one code of a single bit will do, as it does for literals and distances
 * @returns whether it is a code
 */
export function makeTable(
  lengths: usize,
  symbolCount: u32,
  symbols: usize,
  table: usize,
  rootBits: u32,
  mayBeSingle: bool,
): bool {
  for (let at: usize = 0; at < 64; at += 8) store<u64>(COUNTS + at, 0);
  let listed = LISTED;
  for (let from: u32 = 0; from < symbolCount; from += 8) {
    let eight = load<u64>(lengths + from);
    if (symbolCount - from < 8) eight &= ((<u64>1) << (8 * (symbolCount - from))) - 1;
    while (eight !== 0) {
      const shift = ctz<u64>(eight) & ~7;
      const bits = <u32>(eight >> shift) & 15;
      eight &= ~((<u64>15) << shift);
      const at = COUNTS + (bits << 2);
      store<u32>(at, load<u32>(at) + 1);
      store<u32>(listed, ((from + (<u32>shift >> 3)) << 4) | bits);
      listed += 4;
    }
  }
  const listedEnd = listed;
  const size: u32 = 1 << rootBits;
  let longest = MAX_BITS;
  while (longest > 0 && load<u32>(COUNTS + (longest << 2)) === 0) longest--;
  let free: i32 = 1;
  let place: u32 = 0;
  for (let bits: u32 = 1; bits <= longest; bits++) {
    const codes = load<u32>(COUNTS + (bits << 2));
    free = (free << 1) - codes;
    if (free < 0) return false;
    store<u32>(PLACES + (bits << 2), place);
    place += codes << 2;
  }
  if (free > 0) {
    // No code at all: whatever uses it is at fault.
    if (longest > 1 || (longest === 1 && !mayBeSingle)) return false;
    for (let at: u32 = 0; at < size; at++) store<u32>(table + (at << 2), INVALID | 1);
  }

  for (listed = LISTED; listed < listedEnd; listed += 4) {
    const symbol = load<u32>(listed);
    const at = PLACES + ((symbol & 15) << 2);
    const sorted = load<u32>(at);
    store<u32>(at, sorted + 4);
    store<u32>(SORTED + sorted, load<u32>(symbols + ((symbol >> 4) << 2)));
  }

  /** The code, its first bit lowest, as the stream has it. */
  let code: u32 = 0;
  let next = size;
  let second: usize = 0;
  let secondBits: u32 = 0;
  let prefix: u32 = 0xffff_ffff;
  let bits: u32 = 0;
  let left: u32 = 0;
  for (let sorted: u32 = 0; sorted < place; sorted += 4) {
    while (left === 0) {
      bits++;
      left = load<u32>(COUNTS + (bits << 2));
    }
    const symbol = load<u32>(SORTED + sorted);
    if (bits <= rootBits) {
      for (let at = code; at < size; at += 1 << bits) store<u32>(table + (at << 2), symbol | bits);
    } else {
      const ownBits = bits - rootBits;
      if ((code & (size - 1)) !== prefix) {
        prefix = code & (size - 1);
        // As large as the codes demand that follow: shorter ones come first.
        secondBits = ownBits;
        let room: i32 = (1 << secondBits) - left;
        while (room > 0 && secondBits + rootBits < longest) {
          secondBits++;
          room = (room << 1) - load<u32>(COUNTS + ((secondBits + rootBits) << 2));
        }
        if ((<usize>(next + (1 << secondBits))) << 2 > TABLE_BYTES) return false;
        second = table + (next << 2);
        store<u32>(table + (prefix << 2), (next << 16) | LINK | (secondBits << 8) | rootBits);
        next += 1 << secondBits;
      }
      for (let at = code >> rootBits; at < 1 << secondBits; at += 1 << ownBits)
        store<u32>(second + (at << 2), symbol | ownBits);
    }
    left--;
    // The next code: one more, counted from the last bit.
    let bit: u32 = 1 << (bits - 1);
    while (code & bit) {
      code ^= bit;
      bit >>= 1;
    }
    code |= bit;
  }
  return true;
}
