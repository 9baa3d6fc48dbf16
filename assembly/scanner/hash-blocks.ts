import { collides } from './host';
import { BEFORE, CHAINING, WORDS } from './memory';
import { remainingVectors } from './unavoidable-conditions';

const K0: u32 = 0x5a827999;
const K1: u32 = 0x6ed9eba1;
const K2: u32 = 0x8f1bbcdc;
const K3: u32 = 0xca62c1d6;

export function startSha1(): void {
  store<u32>(CHAINING, 0x67452301);
  store<u32>(CHAINING + 4, 0xefcdab89);
  store<u32>(CHAINING + 8, 0x98badcfe);
  store<u32>(CHAINING + 12, 0x10325476);
  store<u32>(CHAINING + 16, 0xc3d2e1f0);
}

/**
 * Takes blocks of 64 bytes (FIPS 180-4, 6.1.2); what becomes of them is in `CHAINING`.
 * @returns whether one of them is one of a colliding pair
 */
export function hashBlocks(from: usize, end: usize): bool {
  let isCollision = false;
  for (; from < end; from += 64) {
    for (let t: usize = 0; t < 64; t += 4) store<u32>(WORDS + t, bswap<u32>(load<u32>(from + t)));
    store<u64>(BEFORE, load<u64>(CHAINING));
    store<u64>(BEFORE + 8, load<u64>(CHAINING + 8));
    store<u32>(BEFORE + 16, load<u32>(CHAINING + 16));
    expand();
    compress();
    const remaining = remainingVectors(WORDS);
    if (remaining !== 0 && collides(remaining)) isCollision = true;
  }
  return isCollision;
}

function expand(): void {
  for (let at = WORDS + 64; at < WORDS + 320; at += 16) {
    const w0 = rotl<u32>(load<u32>(at - 12) ^ load<u32>(at - 32) ^ load<u32>(at - 56) ^ load<u32>(at - 64), 1);
    store<u32>(at, w0);
    store<u32>(at, rotl<u32>(load<u32>(at - 8) ^ load<u32>(at - 28) ^ load<u32>(at - 52) ^ load<u32>(at - 60), 1), 4);
    store<u32>(at, rotl<u32>(load<u32>(at - 4) ^ load<u32>(at - 24) ^ load<u32>(at - 48) ^ load<u32>(at - 56), 1), 8);
    store<u32>(at, rotl<u32>(w0 ^ load<u32>(at - 20) ^ load<u32>(at - 44) ^ load<u32>(at - 52), 1), 12);
  }
}

function compress(): void {
  let a = load<u32>(CHAINING);
  let b = load<u32>(CHAINING + 4);
  let c = load<u32>(CHAINING + 8);
  let d = load<u32>(CHAINING + 12);
  let e = load<u32>(CHAINING + 16);
  let at = WORDS;
  // Five steps a turn, after which the five registers are back in their places.
  for (; at < WORDS + 80; at += 20) {
    e += K0 + load<u32>(at) + (d ^ (b & (c ^ d))) + rotl<u32>(a, 5);
    b = rotl<u32>(b, 30);
    d += K0 + load<u32>(at, 4) + (c ^ (a & (b ^ c))) + rotl<u32>(e, 5);
    a = rotl<u32>(a, 30);
    c += K0 + load<u32>(at, 8) + (b ^ (e & (a ^ b))) + rotl<u32>(d, 5);
    e = rotl<u32>(e, 30);
    b += K0 + load<u32>(at, 12) + (a ^ (d & (e ^ a))) + rotl<u32>(c, 5);
    d = rotl<u32>(d, 30);
    a += K0 + load<u32>(at, 16) + (e ^ (c & (d ^ e))) + rotl<u32>(b, 5);
    c = rotl<u32>(c, 30);
  }
  for (; at < WORDS + 160; at += 20) {
    e += K1 + load<u32>(at) + (b ^ c ^ d) + rotl<u32>(a, 5);
    b = rotl<u32>(b, 30);
    d += K1 + load<u32>(at, 4) + (a ^ b ^ c) + rotl<u32>(e, 5);
    a = rotl<u32>(a, 30);
    c += K1 + load<u32>(at, 8) + (e ^ a ^ b) + rotl<u32>(d, 5);
    e = rotl<u32>(e, 30);
    b += K1 + load<u32>(at, 12) + (d ^ e ^ a) + rotl<u32>(c, 5);
    d = rotl<u32>(d, 30);
    a += K1 + load<u32>(at, 16) + (c ^ d ^ e) + rotl<u32>(b, 5);
    c = rotl<u32>(c, 30);
  }
  for (; at < WORDS + 240; at += 20) {
    e += K2 + load<u32>(at) + ((b & c) | (d & (b | c))) + rotl<u32>(a, 5);
    b = rotl<u32>(b, 30);
    d += K2 + load<u32>(at, 4) + ((a & b) | (c & (a | b))) + rotl<u32>(e, 5);
    a = rotl<u32>(a, 30);
    c += K2 + load<u32>(at, 8) + ((e & a) | (b & (e | a))) + rotl<u32>(d, 5);
    e = rotl<u32>(e, 30);
    b += K2 + load<u32>(at, 12) + ((d & e) | (a & (d | e))) + rotl<u32>(c, 5);
    d = rotl<u32>(d, 30);
    a += K2 + load<u32>(at, 16) + ((c & d) | (e & (c | d))) + rotl<u32>(b, 5);
    c = rotl<u32>(c, 30);
  }
  for (; at < WORDS + 320; at += 20) {
    e += K3 + load<u32>(at) + (b ^ c ^ d) + rotl<u32>(a, 5);
    b = rotl<u32>(b, 30);
    d += K3 + load<u32>(at, 4) + (a ^ b ^ c) + rotl<u32>(e, 5);
    a = rotl<u32>(a, 30);
    c += K3 + load<u32>(at, 8) + (e ^ a ^ b) + rotl<u32>(d, 5);
    e = rotl<u32>(e, 30);
    b += K3 + load<u32>(at, 12) + (d ^ e ^ a) + rotl<u32>(c, 5);
    d = rotl<u32>(d, 30);
    a += K3 + load<u32>(at, 16) + (c ^ d ^ e) + rotl<u32>(b, 5);
    c = rotl<u32>(c, 30);
  }
  store<u32>(CHAINING, load<u32>(CHAINING) + a);
  store<u32>(CHAINING + 4, load<u32>(CHAINING + 4) + b);
  store<u32>(CHAINING + 8, load<u32>(CHAINING + 8) + c);
  store<u32>(CHAINING + 12, load<u32>(CHAINING + 12) + d);
  store<u32>(CHAINING + 16, load<u32>(CHAINING + 16) + e);
}
