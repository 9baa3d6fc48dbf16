import { hash, type KeyObject } from 'node:crypto';
import { ByteReader } from '../byte-reader.ts';
import { encodeEcdsaSignature } from '../ecdsa-signature.ts';
import { leftPad } from '../left-pad.ts';
import { MalformedError } from '../malformed-error.ts';
import type { SignatureCheck } from '../signature-check.ts';
import type { KeyBlob } from './parse-key-blob.ts';
import { readName, readPositiveInteger, readString } from './wire.ts';

/** What one key signed, under the name of an algorithm (RFC 4253, section 6.6). */
export interface InnerSignature {
  readonly algorithm: string;
  readonly material: Uint8Array;
  /** What a FIDO device states beside its signature (PROTOCOL.u2f); null where the key is in no such device. */
  readonly authenticator: Authenticator | null;
}

export interface Authenticator {
  readonly flags: number;
  /** Flags and counter as they are signed. */
  readonly bytes: Uint8Array;
}

/** Flags of an authenticator (WebAuthn, section 6.1). */
export const USER_PRESENT = 0x01;
export const USER_VERIFIED = 0x04;

/** How one algorithm signs: the key type that it needs and the digest over the signed data; null is Ed25519's own. */
export interface Scheme {
  readonly keyType: string;
  readonly digest: string | null;
}

/** RFC 8332, section 3; RFC 5656, section 3.1; RFC 8709, section 6; PROTOCOL.u2f. The webauthn variant is not among them. */
const SCHEMES: ReadonlyMap<string, Scheme> = new Map([
  ['ssh-ed25519', { keyType: 'ssh-ed25519', digest: null }],
  ['rsa-sha2-256', { keyType: 'ssh-rsa', digest: 'sha256' }],
  ['rsa-sha2-512', { keyType: 'ssh-rsa', digest: 'sha512' }],
  ['ecdsa-sha2-nistp256', { keyType: 'ecdsa-sha2-nistp256', digest: 'sha256' }],
  ['ecdsa-sha2-nistp384', { keyType: 'ecdsa-sha2-nistp384', digest: 'sha384' }],
  ['ecdsa-sha2-nistp521', { keyType: 'ecdsa-sha2-nistp521', digest: 'sha512' }],
  ['sk-ssh-ed25519@openssh.com', { keyType: 'sk-ssh-ed25519@openssh.com', digest: null }],
  ['sk-ecdsa-sha2-nistp256@openssh.com', { keyType: 'sk-ecdsa-sha2-nistp256@openssh.com', digest: 'sha256' }],
]);

export function parseInnerSignature(bytes: Uint8Array): InnerSignature {
  const reader = new ByteReader(bytes);
  const algorithm = readName(reader);
  const material = readString(reader);
  const authenticator = algorithm.startsWith('sk-') ? readAuthenticator(reader) : null;
  reader.end();
  return { algorithm, material, authenticator };
}

/** Trust rule 2.3: the algorithm is one of the key's type. @throws MalformedError where it is not. */
export function chooseScheme({ algorithm }: InnerSignature, key: KeyBlob): Scheme {
  const scheme = SCHEMES.get(algorithm);
  if (scheme?.keyType !== key.type) throw new MalformedError('its algorithm is not one of its key');
  return scheme;
}

/**
 * Asks whether `publicKey`, which `key` describes, signed the message.
 * @throws MalformedError where the algorithm or the numbers cannot be the key's.
 */
export function checkInnerSignature(
  signature: InnerSignature,
  key: KeyBlob,
  publicKey: KeyObject,
  message: Uint8Array,
): SignatureCheck {
  const { digest } = chooseScheme(signature, key);
  const data = signedBytes(message, key.application, signature.authenticator);
  return { digest, data, key: publicKey, signature: encodeMaterial(signature.material, key) };
}

/** PROTOCOL.u2f: a FIDO device signs digests of the application and the message, with its flags and counter between them. */
function signedBytes(message: Uint8Array, application: Buffer | null, authenticator: Authenticator | null): Uint8Array {
  if (application === null || authenticator === null) return message;
  const digest = (bytes: Uint8Array) => hash('sha256', bytes, 'buffer');
  return Buffer.concat([digest(application), authenticator.bytes, digest(message)]);
}

function readAuthenticator(reader: ByteReader): Authenticator {
  const bytes = reader.bytes(5);
  return { flags: bytes.readUInt8(), bytes };
}

function encodeMaterial(material: Uint8Array, { type, bits }: KeyBlob): Uint8Array {
  if (type === 'ssh-rsa') return leftPad(material, Math.ceil(bits / 8));
  if (type === 'ssh-ed25519' || type === 'sk-ssh-ed25519@openssh.com') return material;
  const reader = new ByteReader(material);
  const signature = encodeEcdsaSignature(readPositiveInteger(reader), readPositiveInteger(reader), bits);
  reader.end();
  return signature;
}
