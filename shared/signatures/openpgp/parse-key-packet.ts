import { createPublicKey } from 'node:crypto';
import { ByteReader } from '../byte-reader.ts';
import { MalformedError } from '../malformed-error.ts';
import { CURVES, ecPublicKey, edwardsPublicKey, MIN_RSA_BITS, type PublicKeyInfo, rsaPublicKey } from '../spki.ts';
import { ALGORITHM, isRsa, SIGNING_ALGORITHMS, WEAK_ALGORITHMS } from './algorithms.ts';
import { readMpi } from './multiprecision-integer.ts';

/** The key material of a public key packet (RFC 9580, section 5.5.2), or why it verifies nothing. */
export interface KeyMaterial {
  /** 0 where the key cannot be used. */
  readonly bits: number;
  readonly spki: Buffer | null;
  readonly unusable: string | null;
}

const ED25519_LEGACY_OID = '2b06010401da470f01';
/** Marks a native point in a multiprecision integer (RFC 9580, section 11.2.2). */
const NATIVE_POINT = 0x40;
const CURVES_BY_OID = new Map(Object.values(CURVES).map((curve) => [curve.oid as string, curve]));

/** Bytes of version, creation time, algorithm and, in version 6, the length of the material. */
const HEADER_BYTES = { 4: 6, 6: 10 } as const;

/** @param body The packet's body, of version 4 or 6. */
export function parseKeyPacket(body: Uint8Array, version: 4 | 6): KeyMaterial {
  const algorithm = Number(body[5]);
  const weak = WEAK_ALGORITHMS.get(algorithm);
  if (weak !== undefined) return unusable(`${weak} keys are too weak to trust`);
  if (!SIGNING_ALGORITHMS.has(algorithm)) return unusable('its algorithm can only encrypt, or is unknown');
  try {
    const reader = new ByteReader(body.subarray(HEADER_BYTES[version]));
    const key = readKey(reader, algorithm);
    reader.end();
    // OpenSSL checks that a point lies on its curve.
    createPublicKey({ key: key.spki, format: 'der', type: 'spki' });
    if (isRsa(algorithm) && key.bits < MIN_RSA_BITS) {
      return { bits: key.bits, spki: null, unusable: `an RSA key of ${key.bits} bits is too weak to trust` };
    }
    return { ...key, unusable: null };
  } catch (error) {
    return unusable(error instanceof MalformedError ? error.message : 'its numbers are no valid key of its algorithm');
  }
}

function readKey(reader: ByteReader, algorithm: number): PublicKeyInfo {
  if (isRsa(algorithm)) return rsaPublicKey(readMpi(reader), readMpi(reader));
  if (algorithm === ALGORITHM.ed25519) return edwardsPublicKey('ed25519', reader.bytes(32));
  if (algorithm === ALGORITHM.ed448) return edwardsPublicKey('ed448', reader.bytes(57));
  const oid = reader.bytes(reader.uint(1)).toString('hex');
  const point = readMpi(reader);
  if (algorithm === ALGORITHM.eddsaLegacy) {
    if (oid !== ED25519_LEGACY_OID || point[0] !== NATIVE_POINT) throw new MalformedError('its curve is not supported');
    return edwardsPublicKey('ed25519', point.subarray(1));
  }
  const curve = CURVES_BY_OID.get(oid);
  if (curve === undefined) throw new MalformedError('its curve is not supported');
  return ecPublicKey(curve, point);
}

function unusable(why: string): KeyMaterial {
  return { bits: 0, spki: null, unusable: why };
}
