import { ByteReader } from '../byte-reader.ts';
import { MalformedError } from '../malformed-error.ts';
import { RefusedSignature } from '../refused-signature.ts';
import { HASHES, type HashAlgorithm, SIGNING_ALGORITHMS, WEAK_ALGORITHMS, WEAK_HASHES } from './algorithms.ts';
import { PACKET, readPacket } from './packet.ts';
import { onlySubpacket, parseSubpackets, SUBPACKET, type Subpacket } from './subpackets.ts';

/** One OpenPGP signature over binary data (RFC 9580, section 5.2), read and found to be of a kind that can be trusted. */
export interface OpenPgpSignature {
  readonly version: 4 | 6;
  readonly algorithm: number;
  readonly hash: HashAlgorithm;
  /** Seconds since 1970, from the hashed area: the signer's claim. */
  readonly created: number;
  readonly expires: number | null;
  readonly issuer: Issuer;
  /** The packet from its version to the end of the hashed area: signed along with the data. */
  readonly hashedPart: Uint8Array;
  /** The first 16 bits of the digest. */
  readonly digestStart: number;
  /** Empty in version 4. */
  readonly salt: Uint8Array;
  /** The algorithm's own numbers. */
  readonly material: Uint8Array;
}

/** Who is said to have signed: by fingerprint, or by key id where no fingerprint is there. Lower-case hexadecimal. */
export type Issuer = { readonly fingerprint: string } | { readonly keyId: string };

const NO_SALT = new Uint8Array();
const BINARY = 0x00;
const TEXT = 0x01;
/** What may be marked critical: what is understood here, or changes nothing for data. */
const UNDERSTOOD: ReadonlySet<number> = new Set(Object.values(SUBPACKET));

/** Trust rule 2.1: exactly one packet, a signature, with nothing after it. */
export function parseSignature(bytes: Uint8Array): OpenPgpSignature {
  const packets = new ByteReader(bytes);
  const { type, body } = readPacket(packets);
  if (type !== PACKET.signature) throw new MalformedError(`it holds a packet of type ${type} instead of a signature`);
  packets.end();
  return parseBody(body);
}

function parseBody(body: Uint8Array): OpenPgpSignature {
  const reader = new ByteReader(body);
  const version = parseVersion(reader.uint(1));
  assertBinary(reader.uint(1));
  const algorithm = parseAlgorithm(reader.uint(1));
  const hash = parseHash(reader.uint(1));
  const areaLength = version === 4 ? 2 : 4;
  const hashed = parseSubpackets(reader.part(reader.uint(areaLength)));
  const hashedPart = body.subarray(0, reader.offset);
  const unhashed = parseSubpackets(reader.part(reader.uint(areaLength)));
  const digestStart = reader.uint(2);
  const salt = version === 4 ? NO_SALT : readSalt(reader, hash);
  assertUnderstood(hashed);
  assertUnderstood(unhashed);
  for (const { type, body } of hashed) if (type === SUBPACKET.notation) assertNotation(body);
  const created = readTime(onlySubpacket(hashed, SUBPACKET.creationTime));
  if (created === null) throw new MalformedError('its hashed area has no creation time');
  // 0 says that the signature never expires.
  const lifetime = readTime(onlySubpacket(hashed, SUBPACKET.signatureExpirationTime)) || null;
  return {
    version,
    algorithm,
    hash,
    created,
    expires: lifetime === null ? null : created + lifetime,
    issuer: findIssuer(hashed, unhashed, version),
    hashedPart,
    digestStart,
    salt,
    material: reader.rest(),
  };
}

function parseVersion(version: number): 4 | 6 {
  if (version === 4 || version === 6) return version;
  throw new RefusedSignature(
    'unknown_signature_type',
    `carries an OpenPGP signature of version ${version}, which Headlock does not read.`,
    'Sign the commit again with a current gpg, which writes version 4.',
  );
}

/** Trust rule 2.2: a text signature survives a change of line ends, and every other type is not over data. */
function assertBinary(type: number): void {
  if (type === BINARY) return;
  if (type !== TEXT) throw new MalformedError(`it is of type 0x${type.toString(16).padStart(2, '0')}, not over data`);
  throw new RefusedSignature(
    'malformed_signature',
    'carries a text-mode signature, which does not bind every byte.',
    'Take `textmode` out of gpg.conf, sign the commit again, and push it in place of this one.',
  );
}

function parseAlgorithm(algorithm: number): number {
  if (SIGNING_ALGORITHMS.has(algorithm)) return algorithm;
  const weak = WEAK_ALGORITHMS.get(algorithm);
  const nextStep = 'Sign the commit again with an Ed25519, ECDSA or RSA key of at least 2048 bits.';
  if (weak !== undefined) {
    throw new RefusedSignature('weak_algorithm', `is signed with ${weak}, which is too weak to trust.`, nextStep);
  }
  throw new RefusedSignature(
    'unknown_signature_type',
    `is signed with OpenPGP algorithm ${algorithm}, which Headlock does not know.`,
    nextStep,
  );
}

function parseHash(id: number): HashAlgorithm {
  const hash = HASHES.get(id);
  if (hash !== undefined) return hash;
  const weak = WEAK_HASHES.get(id);
  const nextStep = 'Set `digest-algo SHA512` in gpg.conf and sign the commit again.';
  if (weak !== undefined) {
    throw new RefusedSignature(
      'weak_algorithm',
      `is signed over a ${weak} digest, which is too weak to trust.`,
      nextStep,
    );
  }
  throw new RefusedSignature(
    'unknown_signature_type',
    `is signed over a digest of OpenPGP algorithm ${id}, which Headlock does not know.`,
    nextStep,
  );
}

/** RFC 9580, section 5.2.3: the salt of a version 6 signature has the length that its hash algorithm gives. */
function readSalt(reader: ByteReader, hash: HashAlgorithm): Uint8Array {
  const salt = reader.bytes(reader.uint(1));
  if (salt.length !== hash.saltBytes) throw new MalformedError('its salt has the wrong length for its digest');
  return salt;
}

/** Trust rule 2.2: what is critical and not understood refuses, in either area, as with gpg. No notation is understood. */
function assertUnderstood(subpackets: readonly Subpacket[]): void {
  for (const { type, critical } of subpackets) {
    if (critical && type === SUBPACKET.notation)
      throw new MalformedError('it has a critical notation, which is unknown');
    if (critical && !UNDERSTOOD.has(type))
      throw new MalformedError(`it has an unknown critical subpacket of type ${type}`);
  }
}

/** RFC 9580, section 5.2.3.24: flags, two lengths, a name and a value, and nothing else: gpg fails on any other. */
function assertNotation(body: ByteReader): void {
  body.bytes(4);
  const [nameLength, valueLength] = [body.uint(2), body.uint(2)];
  body.bytes(nameLength + valueLength);
  body.end();
}

function readTime(body: ByteReader | null): number | null {
  if (body === null) return null;
  if (body.remaining !== 4) throw new MalformedError('it has a time of the wrong length');
  return body.uint(4);
}

/** Trust rule 2.2: the hashed fingerprint, else the hashed key id; what is not hashed is a hint, and used as no more. */
function findIssuer(hashed: readonly Subpacket[], unhashed: readonly Subpacket[], version: 4 | 6): Issuer {
  const issuer =
    parseFingerprint(onlySubpacket(hashed, SUBPACKET.issuerFingerprint), version) ??
    parseKeyId(onlySubpacket(hashed, SUBPACKET.issuerKeyId)) ??
    parseFingerprint(bodyOf(unhashed, SUBPACKET.issuerFingerprint), version) ??
    parseKeyId(bodyOf(unhashed, SUBPACKET.issuerKeyId));
  if (issuer === null) throw new MalformedError('it names no key');
  return issuer;
}

function bodyOf(subpackets: readonly Subpacket[], type: number): ByteReader | null {
  return subpackets.find((subpacket) => subpacket.type === type)?.body ?? null;
}

function parseFingerprint(body: ByteReader | null, version: 4 | 6): Issuer | null {
  if (body === null) return null;
  if (body.remaining !== (version === 4 ? 21 : 33) || body.uint(1) !== version) {
    throw new MalformedError('the fingerprint of its key is not one of its version');
  }
  return { fingerprint: body.restInHex() };
}

function parseKeyId(body: ByteReader | null): Issuer | null {
  if (body === null) return null;
  if (body.remaining !== 8) throw new MalformedError('its key id has the wrong length');
  return { keyId: body.restInHex() };
}
