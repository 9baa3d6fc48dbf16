import { END, INVALID, LINK, LITERAL, makeTable } from './decoding-table';
import {
  CODE_LENGTHS,
  CODE_LENGTHS_BYTES,
  DISTANCE_SYMBOLS,
  DISTANCE_TABLE,
  FIXED_DISTANCE_TABLE,
  FIXED_LITERAL_TABLE,
  LENGTH_SYMBOLS,
  LITERAL_TABLE,
  ORDER,
  ORDER_TABLE,
} from './memory';

const LITERAL_BITS: u32 = 9;
const DISTANCE_BITS: u32 = 6;
const ORDER_BITS: u32 = 7;

/** RFC 1951, 3.2.5: a symbol's value starts where that of the symbol before it ends. */
function writeSymbols(): void {
  for (let symbol: u32 = 0; symbol < 256; symbol++)
    store<u32>(LENGTH_SYMBOLS + (symbol << 2), (symbol << 16) | LITERAL);
  store<u32>(LENGTH_SYMBOLS + (256 << 2), END);
  let value: u32 = 3;
  for (let symbol: u32 = 257; symbol < 285; symbol++) {
    const extra: u32 = symbol < 265 ? 0 : (symbol - 261) >> 2;
    store<u32>(LENGTH_SYMBOLS + (symbol << 2), (value << 16) | (extra << 8));
    value += 1 << extra;
  }
  store<u32>(LENGTH_SYMBOLS + (285 << 2), 258 << 16);
  store<u32>(LENGTH_SYMBOLS + (286 << 2), INVALID);
  store<u32>(LENGTH_SYMBOLS + (287 << 2), INVALID);

  value = 1;
  for (let symbol: u32 = 0; symbol < 30; symbol++) {
    const extra: u32 = symbol < 4 ? 0 : (symbol - 2) >> 1;
    store<u32>(DISTANCE_SYMBOLS + (symbol << 2), (value << 16) | (extra << 8));
    value += 1 << extra;
  }
  store<u32>(DISTANCE_SYMBOLS + (30 << 2), INVALID);
  store<u32>(DISTANCE_SYMBOLS + (31 << 2), INVALID);
}

/** RFC 1951, 3.2.6 and 3.2.7. */
function writeFixedTables(): void {
  for (let symbol: usize = 0; symbol < 288; symbol++)
    store<u8>(CODE_LENGTHS + symbol, symbol < 144 ? 8 : symbol < 256 ? 9 : symbol < 280 ? 7 : 8);
  makeTable(CODE_LENGTHS, 288, LENGTH_SYMBOLS, FIXED_LITERAL_TABLE, LITERAL_BITS, true);
  for (let symbol: usize = 0; symbol < 32; symbol++) store<u8>(CODE_LENGTHS + symbol, 5);
  makeTable(CODE_LENGTHS, 32, DISTANCE_SYMBOLS, FIXED_DISTANCE_TABLE, DISTANCE_BITS, true);

  store<u32>(ORDER, 0x0012_1110);
  store<u32>(ORDER + 4, 0x0609_0708);
  store<u32>(ORDER + 8, 0x040b_050a);
  store<u32>(ORDER + 12, 0x020d_030c);
  store<u32>(ORDER + 16, 0x000f_010e);
}

export function prepareInflate(): void {
  writeSymbols();
  writeFixedTables();
}

/**
 * Inflates a zlib stream (RFC 1950, 1951) of exactly `size` bytes from `start` to `out`. Up to 32 bytes behind `end` are
 * read, though never used; up to 8 behind the inflated ones are written.
 * @returns where the stream ends; 0 where it is broken, of another size, or not whole before `end`
 */
export function inflate(start: usize, end: usize, out: usize, size: usize): usize {
  const first: u32 = load<u8>(start);
  const second: u32 = load<u8>(start + 1);
  // Deflate, a window of at most 32 KiB, no preset dictionary.
  if ((first & 15) !== 8 || first > 0x78 || ((first << 8) | second) % 31 !== 0 || (second & 0x20) !== 0) return 0;

  const limit = end + 8;
  const outEnd = out + size;
  let from = start + 2;
  let to = out;
  /** Bits that are read and not used yet, the next one lowest. What is above `bits` of them are those that follow. */
  let hold: u64 = 0;
  let bits: u32 = 0;
  let isLast = false;
  do {
    if (from > limit) return 0;
    hold |= load<u64>(from) << bits;
    from += (63 - bits) >> 3;
    bits |= 56;
    isLast = (hold & 1) !== 0;
    const type = (<u32>hold >> 1) & 3;
    hold >>= 3;
    bits -= 3;
    let literals = FIXED_LITERAL_TABLE;
    let distances = FIXED_DISTANCE_TABLE;

    if (type === 0) {
      from -= bits >> 3;
      if (from + 4 > end) return 0;
      const length: usize = load<u16>(from);
      if ((length ^ load<u16>(from + 2)) !== 0xffff) return 0;
      from += 4;
      if (from + length > end || to + length > outEnd) return 0;
      memory.copy(to, from, length);
      from += length;
      to += length;
      hold = 0;
      bits = 0;
      continue;
    }
    if (type === 3) return 0;
    if (type === 2) {
      const literalCount: u32 = (<u32>hold & 31) + 257;
      const distanceCount: u32 = ((<u32>hold >> 5) & 31) + 1;
      const orderCount: u32 = ((<u32>hold >> 10) & 15) + 4;
      hold >>= 14;
      bits -= 14;
      if (literalCount > 286 || distanceCount > 30) return 0;
      clearLengths();
      for (let index: u32 = 0; index < orderCount; index++) {
        if (bits < 3) {
          hold |= load<u64>(from) << bits;
          from += (63 - bits) >> 3;
          bits |= 56;
        }
        store<u8>(CODE_LENGTHS + load<u8>(ORDER + index), <u8>(hold & 7));
        hold >>= 3;
        bits -= 3;
      }
      if (!makeTable(CODE_LENGTHS, 19, LENGTH_SYMBOLS, ORDER_TABLE, ORDER_BITS, false)) return 0;

      clearLengths();
      const total = literalCount + distanceCount;
      let index: u32 = 0;
      let previous: u8 = 0;
      while (index < total) {
        if (bits < 14) {
          if (from > limit) return 0;
          hold |= load<u64>(from) << bits;
          from += (63 - bits) >> 3;
          bits |= 56;
        }
        const entry = load<u32>(ORDER_TABLE + ((<usize>hold & ((1 << ORDER_BITS) - 1)) << 2));
        if (entry & INVALID) return 0;
        hold >>= entry & 63;
        bits -= entry & 63;
        const symbol = entry >> 16;
        if (symbol < 16) {
          previous = <u8>symbol;
          store<u8>(CODE_LENGTHS + index, previous);
          index++;
          continue;
        }
        if (symbol === 16 && index === 0) return 0;
        const extra: u32 = symbol === 16 ? 2 : symbol === 17 ? 3 : 7;
        const repeat: u32 = (symbol === 18 ? 11 : 3) + (<u32>hold & ((1 << extra) - 1));
        hold >>= extra;
        bits -= extra;
        if (index + repeat > total) return 0;
        if (symbol === 16) for (let at = index; at < index + repeat; at++) store<u8>(CODE_LENGTHS + at, previous);
        else previous = 0;
        index += repeat;
      }
      // Without an end, the block has none.
      if (load<u8>(CODE_LENGTHS + 256) === 0) return 0;
      if (!makeTable(CODE_LENGTHS, literalCount, LENGTH_SYMBOLS, LITERAL_TABLE, LITERAL_BITS, true)) return 0;
      const distanceLengths = CODE_LENGTHS + literalCount;
      if (!makeTable(distanceLengths, distanceCount, DISTANCE_SYMBOLS, DISTANCE_TABLE, DISTANCE_BITS, true)) return 0;
      literals = LITERAL_TABLE;
      distances = DISTANCE_TABLE;
    }

    for (;;) {
      if (from > limit) return 0;
      hold |= load<u64>(from) << bits;
      from += (63 - bits) >> 3;
      bits |= 56;
      let entry = load<u32>(literals + ((<usize>hold & ((1 << LITERAL_BITS) - 1)) << 2));
      if (entry & LITERAL) {
        if (to === outEnd) return 0;
        store<u8>(to++, <u8>(entry >> 16));
        hold >>= entry & 63;
        bits -= entry & 63;
        entry = load<u32>(literals + ((<usize>hold & ((1 << LITERAL_BITS) - 1)) << 2));
        if (entry & LITERAL) {
          if (to === outEnd) return 0;
          store<u8>(to++, <u8>(entry >> 16));
          hold >>= entry & 63;
          bits -= entry & 63;
          entry = load<u32>(literals + ((<usize>hold & ((1 << LITERAL_BITS) - 1)) << 2));
        }
      }
      hold >>= entry & 63;
      bits -= entry & 63;
      if (entry & LINK) {
        entry = load<u32>(literals + (((entry >> 16) + (<u32>hold & ((1 << ((entry >> 8) & 15)) - 1))) << 2));
        hold >>= entry & 63;
        bits -= entry & 63;
      }
      if (entry & LITERAL) {
        if (to === outEnd) return 0;
        store<u8>(to++, <u8>(entry >> 16));
        continue;
      }
      if (entry & (END | INVALID)) {
        if (entry & INVALID) return 0;
        break;
      }
      let extra = (entry >> 8) & 15;
      const length: usize = (entry >> 16) + (<u32>hold & ((1 << extra) - 1));
      hold >>= extra;
      bits -= extra;

      if (bits < 28) {
        hold |= load<u64>(from) << bits;
        from += (63 - bits) >> 3;
        bits |= 56;
      }
      entry = load<u32>(distances + ((<usize>hold & ((1 << DISTANCE_BITS) - 1)) << 2));
      hold >>= entry & 63;
      bits -= entry & 63;
      if (entry & LINK) {
        entry = load<u32>(distances + (((entry >> 16) + (<u32>hold & ((1 << ((entry >> 8) & 15)) - 1))) << 2));
        hold >>= entry & 63;
        bits -= entry & 63;
      }
      if (entry & INVALID) return 0;
      extra = (entry >> 8) & 15;
      const distance: usize = (entry >> 16) + (<u32>hold & ((1 << extra) - 1));
      hold >>= extra;
      bits -= extra;
      if (distance > to - out || to + length > outEnd) return 0;

      const stop = to + length;
      let back = to - distance;
      if (distance >= 8) {
        do {
          store<u64>(to, load<u64>(back));
          to += 8;
          back += 8;
        } while (to < stop);
        to = stop;
      } else {
        do store<u8>(to++, load<u8>(back++));
        while (to < stop);
      }
    }
  } while (!isLast);

  from -= bits >> 3;
  if (from + 4 > end || to !== outEnd) return 0;
  if (bswap<u32>(load<u32>(from)) !== adler32(out, outEnd)) return 0;
  return from + 4;
}

function clearLengths(): void {
  for (let at: usize = 0; at < CODE_LENGTHS_BYTES; at += 8) store<u64>(CODE_LENGTHS + at, 0);
}

/** RFC 1950, 8.2. */
function adler32(from: usize, end: usize): u32 {
  let sum: u32 = 1;
  let sums: u32 = 0;
  while (from < end) {
    // As many bytes as the sums of sums can take.
    const stop = min(end, from + 5552);
    for (; from + 4 <= stop; from += 4) {
      const four = load<u32>(from);
      const first = four & 0xff;
      const second = (four >> 8) & 0xff;
      const third = (four >> 16) & 0xff;
      const fourth = four >> 24;
      sums += 4 * (sum + first) + 3 * second + 2 * third + fourth;
      sum += first + second + third + fourth;
    }
    for (; from < stop; from++) {
      sum += load<u8>(from);
      sums += sum;
    }
    sum %= 65521;
    sums %= 65521;
  }
  return (sums << 16) | sum;
}
