import { hash, verify } from 'node:crypto';
import type { OpenPgpKey } from '../../model/signatory.ts';
import { describeOpenPgpId } from '../describe-key.ts';
import type { KeyHoldings, Keyring, KeyringEntry } from '../keyring.ts';
import { MalformedError } from '../malformed-error.ts';
import { RefusedSignature } from '../refused-signature.ts';
import type { ProvenSignature } from '../signature-format.ts';
import { MIN_RSA_BITS } from '../spki.ts';
import { ALGORITHM, isRsa } from './algorithms.ts';
import { encodeSignature } from './encode-signature.ts';
import { type Issuer, type OpenPgpSignature, parseSignature } from './parse-signature.ts';
import { readArmor } from './read-armor.ts';

/** Proves an OpenPGP signature (RFC 9580) with the compiled keys of the policy (trust rule 2.2). */
export function proveOpenPgp(payload: Uint8Array, armored: Uint8Array, keyring: Keyring): ProvenSignature {
  const signature = parseSignature(readArmor(armored));
  const signedBytes = bytesToVerify(payload, signature);
  const digest = hash(signature.hash.name, signedBytes, 'buffer');
  const failures: unknown[] = [];
  for (const entries of findKeys(signature, keyring)) {
    try {
      assertMadeBy(chooseUsable(entries), signature, signedBytes, digest);
      return {
        format: 'openpgp',
        entries,
        signedAt: signature.created,
        expiresAt: signature.expires,
        certificate: null,
      };
    } catch (error) {
      failures.push(error);
    }
  }
  throw failures.length === 0 ? unknownKey(signature.issuer) : failures[0];
}

function findKeys({ issuer, version }: OpenPgpSignature, keyring: Keyring): readonly KeyHoldings[] {
  const found =
    'keyId' in issuer ? keyring.openPgpByKeyId(issuer.keyId) : keyring.openPgpByFingerprint(issuer.fingerprint);
  return found.filter(([{ key }]) => key.version === version);
}

/** The key is the same in every certificate that holds it, and may be unusable under some of them. */
function chooseUsable(entries: KeyHoldings): KeyringEntry<OpenPgpKey> {
  return entries.find(({ key }) => key.spki !== null) ?? entries[0];
}

/** RFC 9580, section 5.2.4: salt, data, hashed part, and a trailer that says the version and how long the hashed part is. */
function bytesToVerify(payload: Uint8Array, { version, salt, hashedPart }: OpenPgpSignature): Buffer {
  const trailer = Buffer.alloc(6);
  trailer.writeUInt8(version, 0);
  trailer.writeUInt8(0xff, 1);
  trailer.writeUInt32BE(hashedPart.length, 2);
  return Buffer.concat([salt, payload, hashedPart, trailer]);
}

function assertMadeBy(
  { key, publicKey }: KeyringEntry<OpenPgpKey>,
  signature: OpenPgpSignature,
  signedBytes: Uint8Array,
  digest: Buffer,
): void {
  if (key.algorithm !== signature.algorithm) throw invalid(key);
  assertUsable(key);
  assertLongEnough(signature, key);
  const encoded = encodeSignature(signature.material, key);
  // The Edwards curves sign the digest as if it were the message (RFC 9580, section 5.2.3.3).
  const isOverDigest = !isRsa(key.algorithm) && key.algorithm !== ALGORITHM.ecdsa;
  const isGood = isOverDigest
    ? verify(null, digest, publicKey(), encoded)
    : verify(signature.hash.name, signedBytes, publicKey(), encoded);
  if (!isGood) throw invalid(key);
  // Trust rule 2.2. Looked at last: over changed data it differs too, and that is `invalid`.
  if (!digest.subarray(0, 2).equals(signature.digestStart)) throw new MalformedError('its first 16 bits are wrong');
}

/** Trust rule 2.5. A key that was compiled as unusable says why. */
function assertUsable(key: OpenPgpKey): void {
  const isWeak = isRsa(key.algorithm) && key.bits < MIN_RSA_BITS;
  if (!isWeak && key.spki !== null) return;
  const why = key.unusable ?? `it is an RSA key of ${key.bits} bits`;
  const reason = isWeak ? 'weak_algorithm' : key.signing ? 'unknown_signature_type' : 'not_signing_key';
  throw new RefusedSignature(
    reason,
    `is signed by key ${describeOpenPgpId(key.fingerprint)}, which cannot be used: ${why}.`,
    'Sign the commit again with an Ed25519, ECDSA or RSA key of at least 2048 bits that the policy lists.',
  );
}

/** Trust rule 2.2: at least 256 bits with EdDSA, at least the curve's with ECDSA (the longest digest serves P-521). */
function assertLongEnough({ hash: { name, bits } }: OpenPgpSignature, key: OpenPgpKey): void {
  if (isRsa(key.algorithm) || bits >= Math.min(key.bits, 512)) return;
  throw new RefusedSignature(
    'weak_algorithm',
    `is signed over a ${name} digest, which is shorter than the ${key.bits} bits of its key's curve.`,
    'Set `digest-algo SHA512` in gpg.conf and sign the commit again.',
  );
}

function unknownKey(issuer: Issuer): RefusedSignature {
  const name = describeOpenPgpId('keyId' in issuer ? issuer.keyId : issuer.fingerprint);
  return new RefusedSignature(
    'unknown_key',
    `is signed by OpenPGP key ${name}, which belongs to nobody in the policy.`,
    `If you trust the owner of ${name}, add the key (\`gpg --export --armor ${name}\`) under \`signatories:\` in headlock.yaml and run \`headlock apply\`.`,
  );
}

function invalid({ fingerprint }: OpenPgpKey): RefusedSignature {
  return new RefusedSignature(
    'invalid',
    `carries a signature that is not one of key ${describeOpenPgpId(fingerprint)} over its bytes: it was changed after it was signed, or the signature is forged.`,
    'Find out who changed it, then sign it again and push it in place of this one.',
  );
}
