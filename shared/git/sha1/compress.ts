/** The working words that one block after the other goes through: constants of the module, so that the compiler knows their bounds. */
const w = new Int32Array(80);
const chaining = new Int32Array(5);

/** SHA-1's four round constants (FIPS 180-4, 4.2.1) as signed words. */
const K0 = 0x5a827999;
const K1 = 0x6ed9eba1;
const K2 = -0x70e44324;
const K3 = -0x359d3e2a;

/** The expanded message of the latest block, and the chaining value after it. Read, never kept: the next block overwrites them. */
export const EXPANDED: Readonly<Int32Array> = w;
export const CHAINING: Readonly<Int32Array> = chaining;

export function startChaining(): void {
  chaining[0] = 0x67452301;
  chaining[1] = -0x10325477;
  chaining[2] = -0x67452302;
  chaining[3] = 0x10325476;
  chaining[4] = -0x3c2d1e10;
}

/** Takes 64 bytes at `offset` (FIPS 180-4, 6.1.2). Written out for speed: a loop of single steps is slower by half. */
export function compressBlock(bytes: DataView, offset: number): void {
  for (let t = 0; t < 16; t++) w[t] = bytes.getInt32(offset + 4 * t);
  expand();
  compress();
}

/** Sixteen words a turn, so that what a word needs is at hand. */
function expand(): void {
  let w0 = w[0] as number;
  let w1 = w[1] as number;
  let w2 = w[2] as number;
  let w3 = w[3] as number;
  let w4 = w[4] as number;
  let w5 = w[5] as number;
  let w6 = w[6] as number;
  let w7 = w[7] as number;
  let w8 = w[8] as number;
  let w9 = w[9] as number;
  let w10 = w[10] as number;
  let w11 = w[11] as number;
  let w12 = w[12] as number;
  let w13 = w[13] as number;
  let w14 = w[14] as number;
  let w15 = w[15] as number;
  for (let t = 16; t < 80; t += 16) {
    w0 ^= w13 ^ w8 ^ w2;
    w0 = (w0 << 1) | (w0 >>> 31);
    w[t] = w0;
    w1 ^= w14 ^ w9 ^ w3;
    w1 = (w1 << 1) | (w1 >>> 31);
    w[t + 1] = w1;
    w2 ^= w15 ^ w10 ^ w4;
    w2 = (w2 << 1) | (w2 >>> 31);
    w[t + 2] = w2;
    w3 ^= w0 ^ w11 ^ w5;
    w3 = (w3 << 1) | (w3 >>> 31);
    w[t + 3] = w3;
    w4 ^= w1 ^ w12 ^ w6;
    w4 = (w4 << 1) | (w4 >>> 31);
    w[t + 4] = w4;
    w5 ^= w2 ^ w13 ^ w7;
    w5 = (w5 << 1) | (w5 >>> 31);
    w[t + 5] = w5;
    w6 ^= w3 ^ w14 ^ w8;
    w6 = (w6 << 1) | (w6 >>> 31);
    w[t + 6] = w6;
    w7 ^= w4 ^ w15 ^ w9;
    w7 = (w7 << 1) | (w7 >>> 31);
    w[t + 7] = w7;
    w8 ^= w5 ^ w0 ^ w10;
    w8 = (w8 << 1) | (w8 >>> 31);
    w[t + 8] = w8;
    w9 ^= w6 ^ w1 ^ w11;
    w9 = (w9 << 1) | (w9 >>> 31);
    w[t + 9] = w9;
    w10 ^= w7 ^ w2 ^ w12;
    w10 = (w10 << 1) | (w10 >>> 31);
    w[t + 10] = w10;
    w11 ^= w8 ^ w3 ^ w13;
    w11 = (w11 << 1) | (w11 >>> 31);
    w[t + 11] = w11;
    w12 ^= w9 ^ w4 ^ w14;
    w12 = (w12 << 1) | (w12 >>> 31);
    w[t + 12] = w12;
    w13 ^= w10 ^ w5 ^ w15;
    w13 = (w13 << 1) | (w13 >>> 31);
    w[t + 13] = w13;
    w14 ^= w11 ^ w6 ^ w0;
    w14 = (w14 << 1) | (w14 >>> 31);
    w[t + 14] = w14;
    w15 ^= w12 ^ w7 ^ w1;
    w15 = (w15 << 1) | (w15 >>> 31);
    w[t + 15] = w15;
  }
}

/**
 * Five steps a turn, after which the five registers are back in their places. What the step before has just computed is added
 * last: the rest of the sum does not wait for it.
 */
function compress(): void {
  let a = chaining[0] as number;
  let b = chaining[1] as number;
  let c = chaining[2] as number;
  let d = chaining[3] as number;
  let e = chaining[4] as number;
  let t = 0;
  for (; t < 20; t += 5) {
    e = (e + K0 + (w[t] as number) + (d ^ (b & (c ^ d))) + ((a << 5) | (a >>> 27))) | 0;
    b = (b << 30) | (b >>> 2);
    d = (d + K0 + (w[t + 1] as number) + (c ^ (a & (b ^ c))) + ((e << 5) | (e >>> 27))) | 0;
    a = (a << 30) | (a >>> 2);
    c = (c + K0 + (w[t + 2] as number) + (b ^ (e & (a ^ b))) + ((d << 5) | (d >>> 27))) | 0;
    e = (e << 30) | (e >>> 2);
    b = (b + K0 + (w[t + 3] as number) + (a ^ (d & (e ^ a))) + ((c << 5) | (c >>> 27))) | 0;
    d = (d << 30) | (d >>> 2);
    a = (a + K0 + (w[t + 4] as number) + (e ^ (c & (d ^ e))) + ((b << 5) | (b >>> 27))) | 0;
    c = (c << 30) | (c >>> 2);
  }
  for (; t < 40; t += 5) {
    e = (e + K1 + (w[t] as number) + (b ^ c ^ d) + ((a << 5) | (a >>> 27))) | 0;
    b = (b << 30) | (b >>> 2);
    d = (d + K1 + (w[t + 1] as number) + (a ^ b ^ c) + ((e << 5) | (e >>> 27))) | 0;
    a = (a << 30) | (a >>> 2);
    c = (c + K1 + (w[t + 2] as number) + (e ^ a ^ b) + ((d << 5) | (d >>> 27))) | 0;
    e = (e << 30) | (e >>> 2);
    b = (b + K1 + (w[t + 3] as number) + (d ^ e ^ a) + ((c << 5) | (c >>> 27))) | 0;
    d = (d << 30) | (d >>> 2);
    a = (a + K1 + (w[t + 4] as number) + (c ^ d ^ e) + ((b << 5) | (b >>> 27))) | 0;
    c = (c << 30) | (c >>> 2);
  }
  for (; t < 60; t += 5) {
    e = (e + K2 + (w[t] as number) + ((b & c) | (d & (b | c))) + ((a << 5) | (a >>> 27))) | 0;
    b = (b << 30) | (b >>> 2);
    d = (d + K2 + (w[t + 1] as number) + ((a & b) | (c & (a | b))) + ((e << 5) | (e >>> 27))) | 0;
    a = (a << 30) | (a >>> 2);
    c = (c + K2 + (w[t + 2] as number) + ((e & a) | (b & (e | a))) + ((d << 5) | (d >>> 27))) | 0;
    e = (e << 30) | (e >>> 2);
    b = (b + K2 + (w[t + 3] as number) + ((d & e) | (a & (d | e))) + ((c << 5) | (c >>> 27))) | 0;
    d = (d << 30) | (d >>> 2);
    a = (a + K2 + (w[t + 4] as number) + ((c & d) | (e & (c | d))) + ((b << 5) | (b >>> 27))) | 0;
    c = (c << 30) | (c >>> 2);
  }
  for (; t < 80; t += 5) {
    e = (e + K3 + (w[t] as number) + (b ^ c ^ d) + ((a << 5) | (a >>> 27))) | 0;
    b = (b << 30) | (b >>> 2);
    d = (d + K3 + (w[t + 1] as number) + (a ^ b ^ c) + ((e << 5) | (e >>> 27))) | 0;
    a = (a << 30) | (a >>> 2);
    c = (c + K3 + (w[t + 2] as number) + (e ^ a ^ b) + ((d << 5) | (d >>> 27))) | 0;
    e = (e << 30) | (e >>> 2);
    b = (b + K3 + (w[t + 3] as number) + (d ^ e ^ a) + ((c << 5) | (c >>> 27))) | 0;
    d = (d << 30) | (d >>> 2);
    a = (a + K3 + (w[t + 4] as number) + (c ^ d ^ e) + ((b << 5) | (b >>> 27))) | 0;
    c = (c << 30) | (c >>> 2);
  }
  chaining[0] = ((chaining[0] as number) + a) | 0;
  chaining[1] = ((chaining[1] as number) + b) | 0;
  chaining[2] = ((chaining[2] as number) + c) | 0;
  chaining[3] = ((chaining[3] as number) + d) | 0;
  chaining[4] = ((chaining[4] as number) + e) | 0;
}
