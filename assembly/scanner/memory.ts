/*
 * Where everything lies in the module's memory, in bytes. Nothing is ever allocated, and nothing outlives a call but what
 * start-up has written.
 */

/** A piece of a pack, and behind it what may be read, though never used, beyond its end. */
export const INPUT: usize = 0x1_0000;
export const INPUT_BYTES: usize = 0x2_0000;

/** One of these for each entry that was read; see `scanEntries`. */
export const RECORDS: usize = 0x4_0000;
export const RECORD_BYTES: usize = 64;
export const RECORDS_END: usize = 0x6_0000;

/** Inflated entries, each with room before it for git's object header and behind it for SHA-1's padding. */
export const OUTPUT: usize = 0x6_0000;
export const OUTPUT_END: usize = 0x10_0000;

/** SHA-1's 80 expanded words, and its chaining value, before and after them. */
export const WORDS: usize = 0x1000;
export const CHAINING: usize = 0x1180;
export const BEFORE: usize = 0x11a0;

/** 16 hexadecimal digits. */
export const DIGITS: usize = 0x11c0;

/** While a decoding table is made: how many codes there are of each length, where those of each go, and the symbols. */
export const COUNTS: usize = 0x1200;
export const PLACES: usize = 0x1240;
export const LISTED: usize = 0x1300;
export const SORTED: usize = 0x1800;

/** The length of each symbol's code, one byte each: literals and lengths, then distances; or the codes of lengths themselves. */
export const CODE_LENGTHS: usize = 0x2700;
export const CODE_LENGTHS_BYTES: usize = 352;

/** What the symbols of lengths and of distances stand for, as entries of a decoding table without their bits. */
export const LENGTH_SYMBOLS: usize = 0x1d00;
export const DISTANCE_SYMBOLS: usize = 0x2200;
/** In which order a block states the lengths of the codes of lengths: 19 bytes. */
export const ORDER: usize = 0x2300;

/** Decoding tables: of a block's own codes, and of those that the format fixes. */
export const ORDER_TABLE: usize = 0x2400;
export const LITERAL_TABLE: usize = 0x3000;
export const DISTANCE_TABLE: usize = 0x5000;
export const FIXED_LITERAL_TABLE: usize = 0x7000;
export const FIXED_DISTANCE_TABLE: usize = 0x9000;
export const TABLE_BYTES: usize = 0x2000;
