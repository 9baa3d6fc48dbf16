import { derBitString, derInteger, derSequence } from './der.ts';
import { MalformedError } from './malformed-error.ts';

/** A public key as SubjectPublicKeyInfo, and what its strength is judged by. */
export interface PublicKeyInfo {
  readonly spki: Buffer;
  /** Bits of an RSA modulus or of a curve's order. */
  readonly bits: number;
}

/** A named curve: its object identifier without tag and length, and the bits of its order. */
export interface NamedCurve {
  readonly oid: string;
  readonly bits: number;
}

/** RFC 5480, section 2.1.1.1; RFC 5639, section 4.1. */
export const CURVES = {
  nistP256: { oid: '2a8648ce3d030107', bits: 256 },
  nistP384: { oid: '2b81040022', bits: 384 },
  nistP521: { oid: '2b81040023', bits: 521 },
  brainpoolP256r1: { oid: '2b2403030208010107', bits: 256 },
  brainpoolP384r1: { oid: '2b240303020801010b', bits: 384 },
  brainpoolP512r1: { oid: '2b240303020801010d', bits: 512 },
} as const satisfies Record<string, NamedCurve>;

const RSA_ENCRYPTION = Buffer.from('06092a864886f70d0101010500', 'hex');
const EC_PUBLIC_KEY = Buffer.from('06072a8648ce3d0201', 'hex');
const EDWARDS = {
  ed25519: { algorithm: derSequence(Buffer.from('06032b6570', 'hex')), keyBytes: 32, bits: 255 },
  ed448: { algorithm: derSequence(Buffer.from('06032b6571', 'hex')), keyBytes: 57, bits: 448 },
};

/** Trust rule 2.5: fewer are weak. */
export const MIN_RSA_BITS = 2048;
/** OpenSSL verifies nothing longer. */
const MAX_RSA_BITS = 16_384;
const MAX_EXPONENT_BYTES = 8;
const UNCOMPRESSED_POINT = 0x04;

/** Both numbers big-endian, without leading zeros. */
export function rsaPublicKey(modulus: Uint8Array, exponent: Uint8Array): PublicKeyInfo {
  const bits = bitLength(modulus);
  if (bits > MAX_RSA_BITS) throw new MalformedError(`its RSA modulus has more than ${MAX_RSA_BITS} bits`);
  // With an exponent of 1 anybody can make a signature that verifies.
  const isOdd = Number(exponent.at(-1)) % 2 === 1;
  if (!isOdd || bitLength(exponent) < 2 || exponent.length > MAX_EXPONENT_BYTES) {
    throw new MalformedError('its RSA exponent is out of range');
  }
  const key = derSequence(derInteger(modulus), derInteger(exponent));
  return { spki: derSequence(derSequence(RSA_ENCRYPTION), derBitString(key)), bits };
}

export function ecPublicKey({ oid, bits }: NamedCurve, point: Uint8Array): PublicKeyInfo {
  if (point[0] !== UNCOMPRESSED_POINT || point.length !== 1 + 2 * Math.ceil(bits / 8)) {
    throw new MalformedError('its point is not an uncompressed point of its curve');
  }
  const name = Buffer.from(oid, 'hex');
  const curve = Buffer.concat([Uint8Array.of(0x06, name.length), name]);
  return { spki: derSequence(derSequence(EC_PUBLIC_KEY, curve), derBitString(point)), bits };
}

export function edwardsPublicKey(name: keyof typeof EDWARDS, key: Uint8Array): PublicKeyInfo {
  const { algorithm, keyBytes, bits } = EDWARDS[name];
  if (key.length !== keyBytes) throw new MalformedError('its key has the wrong length for its curve');
  return { spki: derSequence(algorithm, derBitString(key)), bits };
}

/** Bits of a big-endian number of at least one byte, without leading zero bytes. */
export function bitLength(magnitude: Uint8Array): number {
  return magnitude.length * 8 - (Math.clz32(Number(magnitude[0])) - 24);
}
