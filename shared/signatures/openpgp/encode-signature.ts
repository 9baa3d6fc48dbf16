import type { OpenPgpKey } from '../../model/signatory.ts';
import { ByteReader } from '../byte-reader.ts';
import { encodeEcdsaSignature } from '../ecdsa-signature.ts';
import { leftPad } from '../left-pad.ts';
import { ALGORITHM, isRsa } from './algorithms.ts';
import { readPaddedMpi } from './multiprecision-integer.ts';

const ED25519_BYTES = 64;
const ED448_BYTES = 114;

/** A signature's numbers (RFC 9580, section 5.2.3) in the form that OpenSSL verifies for this key. */
export function encodeSignature(material: Uint8Array, { algorithm, bits }: OpenPgpKey): Uint8Array {
  const reader = new ByteReader(material);
  const signature = read(reader, algorithm, bits);
  reader.end();
  return signature;
}

function read(reader: ByteReader, algorithm: number, bits: number): Uint8Array {
  if (isRsa(algorithm)) return leftPad(readPaddedMpi(reader), Math.ceil(bits / 8));
  if (algorithm === ALGORITHM.ecdsa) return encodeEcdsaSignature(readPaddedMpi(reader), readPaddedMpi(reader), bits);
  if (algorithm === ALGORITHM.ed25519) return reader.bytes(ED25519_BYTES);
  if (algorithm === ALGORITHM.ed448) return reader.bytes(ED448_BYTES);
  const half = ED25519_BYTES / 2;
  return Buffer.concat([leftPad(readPaddedMpi(reader), half), leftPad(readPaddedMpi(reader), half)]);
}
