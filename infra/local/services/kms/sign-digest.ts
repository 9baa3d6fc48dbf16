import { createECDH, randomBytes } from 'node:crypto';

/** The order of the group of P-256 (SEC 2, section 2.4.2). */
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const SCALAR_BYTES = 32;

/**
 * ECDSA over P-256 for a digest that was made elsewhere (FIPS 186-5, section 6.4.1), which node:crypto cannot: it hashes what it
 * signs. Not in constant time: for a laptop's own keys alone.
 * @param secret - the private key's scalar, 32 bytes
 * @param digest - 32 bytes
 * @returns the signature in DER (RFC 3279, section 2.2.3)
 */
export function signDigest(secret: Buffer, digest: Buffer): Buffer {
  for (;;) {
    const nonce = randomBytes(SCALAR_BYTES);
    const k = toNumber(nonce);
    if (k === 0n || k >= ORDER) continue;
    const r = abscissaOf(nonce) % ORDER;
    const s = (inverse(k) * (toNumber(digest) + r * toNumber(secret))) % ORDER;
    if (r !== 0n && s !== 0n) return encodeSignature(r, s);
  }
}

/** Of the generator, that many times. */
function abscissaOf(scalar: Buffer): bigint {
  const curve = createECDH('prime256v1');
  curve.setPrivateKey(scalar);
  return toNumber(curve.getPublicKey().subarray(1, 1 + SCALAR_BYTES));
}

/** By Fermat: the order is prime. */
function inverse(value: bigint): bigint {
  let [result, base] = [1n, value];
  for (let exponent = ORDER - 2n; exponent > 0n; exponent >>= 1n) {
    if ((exponent & 1n) === 1n) result = (result * base) % ORDER;
    base = (base * base) % ORDER;
  }
  return result;
}

function encodeSignature(r: bigint, s: bigint): Buffer {
  const numbers = Buffer.concat([encodeInteger(r), encodeInteger(s)]);
  return Buffer.concat([Buffer.from([0x30, numbers.length]), numbers]);
}

function encodeInteger(value: bigint): Buffer {
  const digits = value.toString(16);
  const bytes = Buffer.from(digits.padStart(digits.length + (digits.length % 2), '0'), 'hex');
  // A first bit that is set would make it negative.
  const padding = (bytes[0] ?? 0) >= 0x80 ? [0] : [];
  return Buffer.concat([Buffer.from([0x02, bytes.length + padding.length, ...padding]), bytes]);
}

function toNumber(bytes: Buffer): bigint {
  return BigInt(`0x${bytes.toString('hex')}`);
}
