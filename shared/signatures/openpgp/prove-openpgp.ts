import { hash } from 'node:crypto';
import type { OpenPgpKey } from '../../model/signatory.ts';
import type { ArmorLines } from '../armor-lines.ts';
import { describeOpenPgpId } from '../describe-key.ts';
import type { KeyHoldings, Keyring, KeyringEntry } from '../keyring.ts';
import { MalformedError } from '../malformed-error.ts';
import { RefusedSignature } from '../refused-signature.ts';
import type { Checks, SignatureCheck } from '../signature-check.ts';
import type { ProvenSignature } from '../signature-format.ts';
import { MIN_RSA_BITS } from '../spki.ts';
import { ALGORITHM, isRsa } from './algorithms.ts';
import { encodeSignature } from './encode-signature.ts';
import { type Issuer, type OpenPgpSignature, parseSignature } from './parse-signature.ts';
import { readArmor } from './read-armor.ts';

/** Proves an OpenPGP signature (RFC 9580) with the compiled keys of the policy (trust rule 2.2). */
export function* proveOpenPgp(payload: Uint8Array, armor: ArmorLines, keyring: Keyring): Checks<ProvenSignature> {
  const signature = parseSignature(readArmor(armor));
  const signedBytes = bytesToVerify(payload, signature);
  // A buffer of its own for the digest would take longer than the text.
  const digest = hash(signature.hash.name, signedBytes, 'hex');
  let failure: unknown = null;
  for (const entries of findKeys(signature, keyring)) {
    try {
      const entry = chooseUsable(entries);
      if (!(yield createCheck(entry, signature, signedBytes, digest))) throw invalid(entry.key);
      // Trust rule 2.2. Looked at last: over changed data it differs too, and that is `invalid`.
      if (Number.parseInt(digest.slice(0, 4), 16) !== signature.digestStart)
        throw new MalformedError('its first 16 bits are wrong');
      return {
        format: 'openpgp',
        entries,
        signedAt: signature.created,
        expiresAt: signature.expires,
        certificate: null,
      };
    } catch (error) {
      failure ??= error;
    }
  }
  throw failure ?? unknownKey(signature.issuer);
}

function findKeys({ issuer, version }: OpenPgpSignature, keyring: Keyring): readonly KeyHoldings[] {
  const found =
    'keyId' in issuer ? keyring.openPgpByKeyId(issuer.keyId) : keyring.openPgpByFingerprint(issuer.fingerprint);
  return found.every(([{ key }]) => key.version === version)
    ? found
    : found.filter(([{ key }]) => key.version === version);
}

/** The key is the same in every certificate that holds it, and may be unusable under some of them. */
function chooseUsable(entries: KeyHoldings): KeyringEntry<OpenPgpKey> {
  const [first] = entries;
  return first.key.spki === null ? (entries.find(({ key }) => key.spki !== null) ?? first) : first;
}

const TRAILER_BYTES = 6;

/** RFC 9580, section 5.2.4: salt, data, hashed part, and a trailer that says the version and how long the hashed part is. */
function bytesToVerify(payload: Uint8Array, { version, salt, hashedPart }: OpenPgpSignature): Buffer {
  const signedBytes = Buffer.allocUnsafe(salt.length + payload.length + hashedPart.length + TRAILER_BYTES);
  signedBytes.set(salt);
  signedBytes.set(payload, salt.length);
  signedBytes.set(hashedPart, salt.length + payload.length);
  const trailer = signedBytes.length - TRAILER_BYTES;
  signedBytes.writeUInt8(version, trailer);
  signedBytes.writeUInt8(0xff, trailer + 1);
  signedBytes.writeUInt32BE(hashedPart.length, trailer + 2);
  return signedBytes;
}

function createCheck(
  { key, publicKey }: KeyringEntry<OpenPgpKey>,
  signature: OpenPgpSignature,
  signedBytes: Uint8Array,
  digest: string,
): SignatureCheck {
  if (key.algorithm !== signature.algorithm) throw invalid(key);
  assertUsable(key);
  assertLongEnough(signature, key);
  const encoded = encodeSignature(signature.material, key);
  // The Edwards curves sign the digest as if it were the message (RFC 9580, section 5.2.3.3).
  return isRsa(key.algorithm) || key.algorithm === ALGORITHM.ecdsa
    ? { digest: signature.hash.name, data: signedBytes, key: publicKey(), signature: encoded }
    : { digest: null, data: Buffer.from(digest, 'hex'), key: publicKey(), signature: encoded };
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
