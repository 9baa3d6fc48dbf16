import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import type { OpenPgpKey } from '../../shared/model/signatory.ts';

/** A key that signs whatever OpenPGP signature a test asks for, and its compiled record. */
export interface ForgingKey {
  readonly record: OpenPgpKey;
  readonly privateKey: KeyObject;
}

const CREATED = 1_700_000_000;
const HASH_NAMES: Readonly<Record<number, string>> = {
  1: 'md5',
  2: 'sha1',
  3: 'ripemd160',
  8: 'sha256',
  9: 'sha384',
  10: 'sha512',
  11: 'sha224',
  12: 'sha3-256',
};

const KINDS = {
  rsa1024: { algorithm: 1, bits: 1024, make: () => generateKeyPairSync('rsa', { modulusLength: 1024 }) },
  rsa2048: { algorithm: 1, bits: 2048, make: () => generateKeyPairSync('rsa', { modulusLength: 2048 }) },
  rsa4096: { algorithm: 1, bits: 4096, make: () => generateKeyPairSync('rsa', { modulusLength: 4096 }) },
  p256: { algorithm: 19, bits: 256, make: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }) },
  p384: { algorithm: 19, bits: 384, make: () => generateKeyPairSync('ec', { namedCurve: 'P-384' }) },
  p521: { algorithm: 19, bits: 521, make: () => generateKeyPairSync('ec', { namedCurve: 'P-521' }) },
  ed25519Legacy: { algorithm: 22, bits: 255, make: () => generateKeyPairSync('ed25519') },
  ed25519: { algorithm: 27, bits: 255, make: () => generateKeyPairSync('ed25519') },
  ed448: { algorithm: 28, bits: 448, make: () => generateKeyPairSync('ed448') },
} as const;

export function createForgingKey(
  kind: keyof typeof KINDS = 'ed25519Legacy',
  overrides: Partial<OpenPgpKey> = {},
): ForgingKey {
  const { algorithm, bits, make } = KINDS[kind];
  const { publicKey, privateKey } = make();
  const fingerprint = overrides.fingerprint ?? randomBytes(overrides.version === 6 ? 32 : 20).toString('hex');
  const record: OpenPgpKey = {
    format: 'openpgp',
    fingerprint,
    keyId: overrides.version === 6 ? fingerprint.slice(0, 16) : fingerprint.slice(-16),
    primaryFingerprint: fingerprint,
    version: 4,
    algorithm,
    bits,
    created: CREATED,
    expires: null,
    statedAt: CREATED,
    revocation: null,
    signing: true,
    spki: publicKey.export({ type: 'spki', format: 'der' }).toString('base64'),
    unusable: null,
    ...overrides,
  };
  return { record, privateKey };
}

/** A subpacket: its type (with 0x80 added where it is critical) and body. */
export type ForgedSubpacket = readonly [type: number, body: Uint8Array];

export interface Forgery {
  readonly version?: number;
  readonly type?: number;
  readonly algorithm?: number;
  readonly hash?: number;
  readonly created?: number;
  /** Instead of creation time and issuer fingerprint. */
  readonly hashed?: readonly ForgedSubpacket[];
  /** Added to the hashed area. */
  readonly moreHashed?: readonly ForgedSubpacket[];
  /** Instead of the issuer's key id. */
  readonly unhashed?: readonly ForgedSubpacket[];
  /** Changes the first two bytes of the digest. */
  readonly digestStart?: (start: Buffer) => Uint8Array;
  readonly saltBytes?: number;
  /** Changes the numbers after signing. */
  readonly material?: (material: Buffer) => Buffer;
  /** `legacy` packet headers are what gpg writes. */
  readonly packet?: (body: Buffer) => Buffer;
}

/** The packet of a signature over `payload`, correctly signed in all that `forgery` does not ask otherwise. */
export function forgePacket(
  { record, privateKey }: ForgingKey,
  payload: Uint8Array | string,
  forgery: Forgery = {},
): Buffer {
  const {
    version = record.version,
    type = 0,
    algorithm = record.algorithm,
    hash = record.algorithm === 28 ? 10 : 8,
    created = CREATED + 100,
  } = forgery;
  const hashed = forgery.hashed ?? [creationTime(created), issuerFingerprint(record)];
  const unhashed = forgery.unhashed ?? (version === 6 ? [] : [issuerKeyId(record)]);
  const hashedPart = Buffer.concat([
    Buffer.from([version, type, algorithm, hash]),
    area(version, [...hashed, ...(forgery.moreHashed ?? [])]),
  ]);
  const salt = version === 6 ? randomBytes(forgery.saltBytes ?? 16 + 8 * Math.max(0, hash - 8)) : Buffer.alloc(0);
  const signed = Buffer.concat([
    salt,
    Buffer.from(payload),
    hashedPart,
    Buffer.from([version, 0xff]),
    uint32(hashedPart.length),
  ]);
  const digestName = HASH_NAMES[hash] ?? 'sha256';
  const digest = createHash(digestName).update(signed).digest();
  const material = signMaterial(record.algorithm, privateKey, signed, digest, digestName);
  const body = Buffer.concat([
    hashedPart,
    area(version, unhashed),
    forgery.digestStart?.(digest.subarray(0, 2)) ?? digest.subarray(0, 2),
    ...(version === 6 ? [Buffer.from([salt.length]), salt] : []),
    forgery.material?.(material) ?? material,
  ]);
  return (forgery.packet ?? legacyPacket)(body);
}

/** The same in armor. */
export function forgeSignature(key: ForgingKey, payload: Uint8Array | string, forgery: Forgery = {}): Buffer {
  return armorSignature(forgePacket(key, payload, forgery));
}

export function armorSignature(packets: Uint8Array, headers: readonly string[] = []): Buffer {
  const base64 =
    Buffer.from(packets)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return Buffer.from(
    ['-----BEGIN PGP SIGNATURE-----', ...headers, '', ...base64, '-----END PGP SIGNATURE-----', ''].join('\n'),
  );
}

export function creationTime(seconds: number): ForgedSubpacket {
  return [2, uint32(seconds)];
}

export function issuerFingerprint({ version, fingerprint }: OpenPgpKey): ForgedSubpacket {
  return [33, Buffer.concat([Buffer.from([version]), Buffer.from(fingerprint, 'hex')])];
}

export function issuerKeyId({ keyId }: OpenPgpKey): ForgedSubpacket {
  return [16, Buffer.from(keyId, 'hex')];
}

/** Header byte and two-byte length of old: what gpg writes. */
export function legacyPacket(body: Buffer): Buffer {
  return Buffer.concat([Buffer.from([0x89, body.length >> 8, body.length & 0xff]), body]);
}

/** Header byte and five-byte length of RFC 9580. */
export function currentPacket(body: Buffer): Buffer {
  return Buffer.concat([Buffer.from([0xc2, 0xff]), uint32(body.length), body]);
}

export function mpi(magnitude: Uint8Array): Buffer {
  const start = magnitude.findIndex((byte) => byte !== 0);
  const minimal = magnitude.subarray(start);
  const bits = (minimal.length - 1) * 8 + (32 - Math.clz32(minimal[0] ?? 0));
  return Buffer.concat([Buffer.from([bits >> 8, bits & 0xff]), minimal]);
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function signMaterial(
  algorithm: number,
  privateKey: KeyObject,
  signed: Buffer,
  digest: Buffer,
  digestName: string,
): Buffer {
  if (algorithm === 1) return mpi(sign(digestName, signed, privateKey));
  if (algorithm === 19) {
    const pair = sign(digestName, signed, { key: privateKey, dsaEncoding: 'ieee-p1363' });
    return Buffer.concat([mpi(pair.subarray(0, pair.length / 2)), mpi(pair.subarray(pair.length / 2))]);
  }
  const signature = sign(null, digest, privateKey);
  if (algorithm !== 22) return signature;
  return Buffer.concat([mpi(signature.subarray(0, 32)), mpi(signature.subarray(32))]);
}

function area(version: number, subpackets: readonly ForgedSubpacket[]): Buffer {
  const content = Buffer.concat(
    subpackets.flatMap(([type, body]) => [subpacketLength(body.length + 1), Buffer.from([type]), body]),
  );
  const length = version === 6 ? uint32(content.length) : uint32(content.length).subarray(2);
  return Buffer.concat([length, content]);
}

function subpacketLength(length: number): Buffer {
  if (length < 192) return Buffer.from([length]);
  if (length < 16_320) return Buffer.from([192 + ((length - 192) >> 8), (length - 192) & 0xff]);
  return Buffer.concat([Buffer.from([0xff]), uint32(length)]);
}
