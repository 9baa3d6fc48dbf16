import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { MalformedError } from '../malformed-error.ts';
import { RefusedSignature } from '../refused-signature.ts';
import { MIN_RSA_BITS } from '../spki.ts';
import { DerReader, readDer, TAG } from './der-element.ts';
import { readOid } from './der-values.ts';
import { DIGESTS, type KeyKind, OID, SIGNATURE_ALGORITHMS } from './oids.ts';
import type { X509Certificate } from './parse-certificate.ts';

export interface SignedBytes {
  readonly bytes: Uint8Array;
  readonly signature: Uint8Array;
  /** Object identifiers; the digest is null where the signature algorithm must name it. */
  readonly signatureAlgorithm: string;
  readonly digestAlgorithm: string | null;
}

const KINDS: ReadonlyMap<string | undefined, KeyKind> = new Map([
  ['rsa', 'rsa'],
  ['ec', 'ec'],
  ['ed25519', 'ed25519'],
]);
const MAX_RSA_BITS = 16_384;
const CURVES: ReadonlySet<string> = new Set([
  ...['prime256v1', 'secp384r1', 'secp521r1', 'brainpoolP256r1', 'brainpoolP384r1', 'brainpoolP512r1'],
]);
const SIGN_AGAIN = 'Sign the commit again with an RSA key of at least 2048 bits, an ECDSA key or Ed25519, and SHA-2.';

/**
 * Whether a key made a signature.
 * @throws RefusedSignature where key, digest or algorithm are weak or not known (trust rule 2.5)
 */
export function isMadeBy(
  key: KeyObject,
  { bytes, signature, signatureAlgorithm, digestAlgorithm }: SignedBytes,
): boolean {
  const algorithm = SIGNATURE_ALGORITHMS.get(signatureAlgorithm);
  if (algorithm === undefined) throw weak(`the signature algorithm ${signatureAlgorithm}`);
  if (strongKinds.get(key) !== algorithm.kind) assertFits(key, algorithm.kind);
  const named = digestAlgorithm === null ? null : DIGESTS.get(digestAlgorithm);
  if (named === undefined) throw weak(`the digest ${digestAlgorithm}`);
  if (algorithm.kind === 'ed25519') return verify(null, bytes, key, signature);
  const digest = algorithm.digest ?? named;
  if (digest === null || (named !== null && named !== digest))
    throw new MalformedError('it names two digests, or none');
  return verify(digest, bytes, key, signature);
}

/** Of keys that were found strong: that stays so, and asking takes longer. */
const strongKinds = new WeakMap<KeyObject, KeyKind>();

function assertFits(key: KeyObject, kind: KeyKind): void {
  if (KINDS.get(key.asymmetricKeyType) !== kind) throw new MalformedError('its algorithm is not that of its key');
  assertStrong(key, kind);
  strongKinds.set(key, kind);
}

/** Trust rule 2.5, as of the other formats. With an exponent of 1 anybody can make a signature that verifies. */
function assertStrong({ asymmetricKeyDetails: details = {} }: KeyObject, kind: KeyKind): void {
  const { modulusLength = 0, publicExponent = 0n, namedCurve = 'no named curve' } = details;
  if (kind === 'ec' && !CURVES.has(namedCurve)) throw weak(`a key on ${namedCurve}`);
  if (kind !== 'rsa') return;
  if (modulusLength < MIN_RSA_BITS || modulusLength > MAX_RSA_BITS) throw weak(`an RSA key of ${modulusLength} bits`);
  if (publicExponent < 3n || publicExponent % 2n === 0n || publicExponent >= 1n << 64n) {
    throw weak('an RSA key of a weak exponent');
  }
}

/** A curve that is written out may be any, and one that looks like another (RFC 5480, section 2.1.1). */
function assertNamedCurve(spki: Buffer): void {
  const algorithm = new DerReader(new DerReader(readDer(spki)).take(TAG.sequence));
  if (readOid(algorithm.take(TAG.oid)) === OID.ecPublicKey) algorithm.take(TAG.oid);
}

const publicKeys = new WeakMap<X509Certificate, KeyObject>();

/** Made once for a certificate. @throws MalformedError */
export function publicKeyOf(certificate: X509Certificate): KeyObject {
  const known = publicKeys.get(certificate);
  if (known !== undefined) return known;
  const key = readPublicKey(certificate.spki);
  publicKeys.set(certificate, key);
  return key;
}

function readPublicKey(spki: Buffer): KeyObject {
  assertNamedCurve(spki);
  try {
    return createPublicKey({ key: spki, format: 'der', type: 'spki' });
  } catch (cause) {
    throw new MalformedError('the key of its certificate cannot be read', { cause });
  }
}

function weak(what: string): RefusedSignature {
  return new RefusedSignature('weak_algorithm', `is signed with ${what}, which is too weak or not known.`, SIGN_AGAIN);
}
