import { hash } from 'node:crypto';
import type { SshKey } from '../../model/signatory.ts';
import type { ArmorLines } from '../armor-lines.ts';
import type { Keyring, KeyringEntry } from '../keyring.ts';
import { MalformedError } from '../malformed-error.ts';
import { readPlainArmor } from '../read-plain-armor.ts';
import { RefusedSignature } from '../refused-signature.ts';
import type { Checks } from '../signature-check.ts';
import type { ProvenSignature } from '../signature-format.ts';
import { MIN_RSA_BITS } from '../spki.ts';
import { admitCertificate } from './admit-certificate.ts';
import { sshFingerprint } from './fingerprint.ts';
import {
  checkInnerSignature,
  chooseScheme,
  type InnerSignature,
  USER_PRESENT,
  USER_VERIFIED,
} from './inner-signature.ts';
import { isCertificateType, parseSshCertificate, type SshCertificate } from './parse-certificate.ts';
import { isSshKeyType, type KeyBlob, parseKeyBlob, readKeyType } from './parse-key-blob.ts';
import { MAGIC, parseSshSignature } from './parse-signature.ts';
import { writeString } from './wire.ts';

const NAMESPACE = Buffer.from('git');
const SIGN_AGAIN = 'Sign the commit again with git and an Ed25519, ECDSA or RSA key of at least 2048 bits.';

/** Proves an SSH signature (PROTOCOL.sshsig) with the keys of the policy (trust rule 2.3). */
export function* proveSsh(payload: Uint8Array, armor: ArmorLines, keyring: Keyring): Checks<ProvenSignature> {
  const signature = parseSshSignature(readPlainArmor(armor, 'SSH SIGNATURE'));
  if (!NAMESPACE.equals(signature.namespace)) throw new MalformedError('its namespace is not `git`');
  if (signature.hash !== 'sha256' && signature.hash !== 'sha512') {
    throw new MalformedError('its hash is neither sha256 nor sha512');
  }
  const signer = readSigner(signature.publicKey, keyring);
  const { inner } = signature;
  if (inner.algorithm === 'ssh-rsa') throw weak('RSA and SHA-1');
  chooseScheme(inner, signer.key);
  // Trust rule 2.3: a key that is listed does not admit its certificate, nor an authority itself what it may certify.
  const entries = signer.certificate === null ? signer.listed : yield* admitCertificate(signer.certificate, keyring);
  const [entry] = entries;
  if (entry === undefined) throw unknownKey(signer.key.type, sshFingerprint(signer.blob));
  const signedBytes = bytesToVerify(payload, signature.hash);
  if (!(yield checkInnerSignature(inner, signer.key, entry.publicKey(), signedBytes))) {
    throw invalid(entry.key.fingerprint);
  }
  if (keyring.isSshRevoked(signer.blob, signer.certificate)) throw revoked(entry.key.fingerprint);
  const { certificate } = signer;
  return { format: 'ssh', entries: admitGesture(entries, inner), signedAt: null, expiresAt: null, certificate };
}

/** The key that signed, and the certificate that it came in. */
interface Signer {
  readonly key: KeyBlob;
  readonly blob: Buffer;
  readonly certificate: SshCertificate | null;
  /** The places of the ring that hold the key, where it came in no certificate. */
  readonly listed: readonly KeyringEntry<SshKey>[];
}

/**
 * Trust rule 2.3: somebody touched the FIDO device, which ssh-keygen does not ask of a signature; and the device knew who it
 * was, where the policy asks for that.
 */
function admitGesture(
  entries: readonly KeyringEntry<SshKey>[],
  { authenticator }: InnerSignature,
): readonly KeyringEntry<SshKey>[] {
  const flags = authenticator?.flags ?? USER_PRESENT;
  if ((flags & USER_PRESENT) === 0) {
    throw unauthorized(
      'made by a security key (FIDO) that nobody touched',
      'Sign the commit again with a key that was made without `-O no-touch-required`.',
    );
  }
  const admitted = entries.filter(({ key }) => key.userVerification !== true || (flags & USER_VERIFIED) !== 0);
  if (admitted.length > 0) return admitted;
  throw unauthorized(
    'made without the PIN or the fingerprint of its security key (FIDO), which the policy asks for (`userVerification`)',
    'Sign the commit again with a key that was made with `ssh-keygen -t ed25519-sk -O verify-required`.',
  );
}

function readSigner(blob: Buffer, keyring: Keyring): Signer {
  const signer = parseSigner(blob, keyring);
  const { type, bits } = signer.key;
  // Trust rule 2.5.
  if (type === 'ssh-rsa' && bits < MIN_RSA_BITS) throw weak(`an RSA key of ${bits} bits`);
  return signer;
}

function parseSigner(blob: Buffer, keyring: Keyring): Signer {
  const listed = keyring.sshByBlob(blob.toString('base64'));
  // What the ring holds is read already.
  if (listed[0] !== undefined) return { key: listed[0].keyBlob(), blob, certificate: null, listed };
  const type = readKeyType(blob);
  if (type === 'ssh-dss') throw weak('a DSA key');
  if (isSshKeyType(type)) return { key: parseKeyBlob(blob), blob, certificate: null, listed };
  if (isCertificateType(type)) {
    const certificate = parseSshCertificate(blob);
    return { key: certificate.key, blob: certificate.keyBlob, certificate, listed: [] };
  }
  const message = 'is signed with a key type of SSH that Headlock does not verify.';
  throw new RefusedSignature('unknown_signature_type', message, SIGN_AGAIN);
}

type SshHash = 'sha256' | 'sha512';

/** PROTOCOL.sshsig, section 3: what is signed names the namespace and the hash, and ends in the payload's digest. */
function bytesToVerify(payload: Uint8Array, name: SshHash): Buffer {
  const { start, digestBytes } = SIGNED[name];
  const bytes = Buffer.allocUnsafe(start.length + digestBytes);
  bytes.set(start);
  // A buffer of its own for the digest would take longer than the text.
  bytes.write(hash(name, payload, 'hex'), start.length, 'hex');
  return bytes;
}

const SIGNED = { sha256: startOfSigned('sha256', 32), sha512: startOfSigned('sha512', 64) };

function startOfSigned(name: SshHash, digestBytes: number) {
  const digestLength = writeString(new Uint8Array(digestBytes)).subarray(0, 4);
  const fields = [NAMESPACE, new Uint8Array(), Buffer.from(name)].map(writeString);
  return { start: Buffer.concat([MAGIC, ...fields, digestLength]), digestBytes };
}

function weak(what: string): RefusedSignature {
  return new RefusedSignature('weak_algorithm', `is signed with ${what}, which is too weak to trust.`, SIGN_AGAIN);
}

/** Trust rule 3.3: a list gives no time, so whatever the key signed is void. */
function revoked(fingerprint: string): RefusedSignature {
  return new RefusedSignature(
    'revoked_key',
    `is signed by key ${fingerprint}, which the policy calls compromised or revoked: itself, its certificate or the authority of that.`,
    'Sign the commit again with a key that is not revoked.',
  );
}

function unauthorized(what: string, nextStep: string): RefusedSignature {
  return new RefusedSignature('not_authorized', `carries a signature ${what}.`, nextStep);
}

function unknownKey(type: string, fingerprint: string): RefusedSignature {
  return new RefusedSignature(
    'unknown_key',
    `is signed by SSH key ${fingerprint} (${type}), which belongs to nobody in the policy.`,
    `If you trust the owner of ${fingerprint}, add the key's line of the .pub file under \`signatories:\` in headlock.yaml and run \`headlock apply\`.`,
  );
}

function invalid(fingerprint: string): RefusedSignature {
  return new RefusedSignature(
    'invalid',
    `carries a signature that is not one of key ${fingerprint} over its bytes: it was changed after it was signed, or the signature is forged.`,
    'Find out who changed it, then sign it again and push it in place of this one.',
  );
}
