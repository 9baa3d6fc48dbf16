import { hash, verify } from 'node:crypto';
import { ByteReader } from '../byte-reader.ts';
import { encodeEcdsaSignature } from '../ecdsa-signature.ts';
import type { Keyring } from '../keyring.ts';
import { leftPad } from '../left-pad.ts';
import { MalformedError } from '../malformed-error.ts';
import { RefusedSignature } from '../refused-signature.ts';
import type { ProvenSignature } from '../signature-format.ts';
import { MIN_RSA_BITS } from '../spki.ts';
import { sshFingerprint } from './fingerprint.ts';
import { isSshKeyType, type KeyBlob, parseKeyBlob, readKeyType } from './parse-key-blob.ts';
import { MAGIC, parseSshSignature, type SshSignature } from './parse-signature.ts';
import { readSshArmor } from './read-armor.ts';
import { readPositiveInteger, writeString } from './wire.ts';

/** How one inner algorithm signs: the key type that it needs and the digest over the signed data; null is Ed25519's own. */
interface Scheme {
  readonly keyType: string;
  readonly digest: string | null;
}

/** RFC 8332, section 3; RFC 5656, section 3.1; RFC 8709, section 6. */
const SCHEMES: Readonly<Record<string, Scheme>> = {
  'ssh-ed25519': { keyType: 'ssh-ed25519', digest: null },
  'rsa-sha2-256': { keyType: 'ssh-rsa', digest: 'sha256' },
  'rsa-sha2-512': { keyType: 'ssh-rsa', digest: 'sha512' },
  'ecdsa-sha2-nistp256': { keyType: 'ecdsa-sha2-nistp256', digest: 'sha256' },
  'ecdsa-sha2-nistp384': { keyType: 'ecdsa-sha2-nistp384', digest: 'sha384' },
  'ecdsa-sha2-nistp521': { keyType: 'ecdsa-sha2-nistp521', digest: 'sha512' },
};

const NAMESPACE = Buffer.from('git');
const SIGN_AGAIN = 'Sign the commit again with git and an Ed25519, ECDSA or RSA key of at least 2048 bits.';

/** Proves an SSH signature (PROTOCOL.sshsig) with the plain keys of the policy (trust rule 2.3). */
export function proveSsh(payload: Uint8Array, armored: Uint8Array, keyring: Keyring): ProvenSignature {
  const signature = parseSshSignature(readSshArmor(armored));
  if (!NAMESPACE.equals(signature.namespace)) throw new MalformedError('its namespace is not `git`');
  if (signature.hash !== 'sha256' && signature.hash !== 'sha512') {
    throw new MalformedError('its hash is neither sha256 nor sha512');
  }
  const key = parseKey(signature.publicKey);
  const scheme = chooseScheme(signature, key);
  const entry = keyring.sshByBlob(signature.publicKey.toString('base64'));
  if (entry === undefined) throw unknownKey(key.type, sshFingerprint(signature.publicKey));
  const signedBytes = bytesToVerify(payload, signature);
  const encoded = encodeMaterial(signature.material, key);
  if (!verify(scheme.digest, signedBytes, entry.publicKey(), encoded)) throw invalid(entry.key.fingerprint);
  return { format: 'ssh', entries: [entry], signedAt: null, expiresAt: null };
}

function parseKey(blob: Uint8Array): KeyBlob {
  const type = readKeyType(blob);
  if (type === 'ssh-dss') throw weak('a DSA key');
  if (!isSshKeyType(type)) {
    const kind = type.startsWith('sk-')
      ? 'a security key (FIDO)'
      : type.includes('-cert-')
        ? 'a certificate'
        : 'a key type';
    throw new RefusedSignature(
      'unknown_signature_type',
      `is signed with ${kind} of SSH that Headlock does not verify yet.`,
      SIGN_AGAIN,
    );
  }
  const key = parseKeyBlob(blob);
  // Trust rule 2.5.
  if (key.type === 'ssh-rsa' && key.bits < MIN_RSA_BITS) throw weak(`an RSA key of ${key.bits} bits`);
  return key;
}

/** Trust rule 2.3: the outer key's type is the inner algorithm's, and RSA signs with SHA-2 alone. */
function chooseScheme({ algorithm }: SshSignature, key: KeyBlob): Scheme {
  if (algorithm === 'ssh-rsa') throw weak('RSA and SHA-1');
  const scheme = Object.hasOwn(SCHEMES, algorithm) ? SCHEMES[algorithm] : undefined;
  if (scheme?.keyType !== key.type) throw new MalformedError('its algorithm is not one of its key');
  return scheme;
}

/** PROTOCOL.sshsig, section 3: what is signed names the namespace and the hash, and holds the payload's digest. */
function bytesToVerify(payload: Uint8Array, signature: SshSignature): Buffer {
  const digest = hash(signature.hash, payload, 'buffer');
  const reserved = new Uint8Array();
  const fields = [signature.namespace, reserved, Buffer.from(signature.hash), digest];
  return Buffer.concat([MAGIC, ...fields.map(writeString)]);
}

function encodeMaterial(material: Uint8Array, { type, bits }: KeyBlob): Uint8Array {
  if (type === 'ssh-rsa') return leftPad(material, Math.ceil(bits / 8));
  if (type === 'ssh-ed25519') return material;
  const reader = new ByteReader(material);
  const signature = encodeEcdsaSignature(readPositiveInteger(reader), readPositiveInteger(reader), bits);
  reader.end();
  return signature;
}

function weak(what: string): RefusedSignature {
  return new RefusedSignature('weak_algorithm', `is signed with ${what}, which is too weak to trust.`, SIGN_AGAIN);
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
