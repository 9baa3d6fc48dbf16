import { createHash, sign } from 'node:crypto';
import {
  createForgingKey,
  creationTime,
  currentPacket,
  type ForgedSubpacket,
  type Forgery,
  type ForgingKey,
  forgePacket,
  issuerFingerprint,
  issuerKeyId,
  mpi,
  uint32,
} from './forge-openpgp.ts';

/** An Ed25519 key with its packet's body, from which certificates are put together packet by packet. */
export interface CertificateKey extends ForgingKey {
  readonly body: Buffer;
}

const ED25519_LEGACY = Buffer.from('092b06010401da470f01', 'hex');
const CERTIFY = 0x01;
const SIGN = 0x02;

export function createCertificateKey(): CertificateKey {
  const key = createForgingKey();
  const publicKey = Buffer.from(key.record.spki ?? '', 'base64').subarray(-32);
  const point = mpi(Buffer.concat([Buffer.from([0x40]), publicKey]));
  const body = Buffer.concat([Buffer.from([4]), uint32(key.record.created), Buffer.from([22]), ED25519_LEGACY, point]);
  const fingerprint = createHash('sha1').update(hashed(body)).digest('hex');
  const record = { ...key.record, fingerprint, keyId: fingerprint.slice(-16), primaryFingerprint: fingerprint };
  return { record, privateKey: key.privateKey, body };
}

export function keyPacket({ body }: CertificateKey): Buffer {
  return packet(6, body);
}

export function subkeyPacket({ body }: CertificateKey): Buffer {
  return packet(14, body);
}

export function userIdPacket(userId: string): Buffer {
  return packet(13, Buffer.from(userId));
}

/** What a statement says beside its time and issuer. */
export interface Claim {
  /** Seconds after the key's creation at which the statement is made. */
  readonly after?: number;
  readonly flags?: number | null;
  /** Seconds after the key's creation at which it expires. */
  readonly lifetime?: number;
  readonly more?: readonly ForgedSubpacket[];
  readonly unhashed?: readonly ForgedSubpacket[];
  readonly type?: number;
  /** OpenPGP's number of the digest. */
  readonly hash?: number;
}

export function selfSignature(
  key: CertificateKey,
  userId: string,
  claim: Claim = {},
  signer: CertificateKey = key,
): Buffer {
  const id = Buffer.from(userId);
  const data = Buffer.concat([hashed(key.body), Buffer.from([0xb4]), uint32(id.length), id]);
  return statement(signer, data, { type: 0x13, flags: CERTIFY | SIGN, ...claim });
}

export function userIdRevocation(key: CertificateKey, userId: string, claim: Claim = {}): Buffer {
  return selfSignature(key, userId, { type: 0x30, flags: null, more: [[29, Buffer.from([32])]], ...claim });
}

export function directSignature(key: CertificateKey, claim: Claim = {}, signer: CertificateKey = key): Buffer {
  return statement(signer, hashed(key.body), { type: 0x1f, flags: CERTIFY | SIGN, ...claim });
}

export function revocation(
  key: CertificateKey,
  reason: number | null,
  claim: Claim = {},
  signer: CertificateKey = key,
): Buffer {
  const more: ForgedSubpacket[] = reason === null ? [] : [[29, Buffer.from([reason])]];
  return statement(signer, hashed(key.body), { type: 0x20, flags: null, more, ...claim });
}

/** A revocation of the key, or of `type`, in a signature of version 3, as PGP 5 wrote it. */
export function oldRevocation(key: CertificateKey, signer: CertificateKey = key, type = 0x20): Buffer {
  const hashedPart = Buffer.concat([Buffer.of(type), uint32(signer.record.created)]);
  const digest = createHash('sha256').update(hashed(key.body)).update(hashedPart).digest();
  const signature = sign(null, digest, signer.privateKey);
  const head = [Buffer.of(3, 5), hashedPart, Buffer.from(signer.record.keyId, 'hex'), Buffer.of(22, 8)];
  const numbers = [mpi(signature.subarray(0, 32)), mpi(signature.subarray(32))];
  return currentPacket(Buffer.concat([...head, digest.subarray(0, 2), ...numbers]));
}

/** A binding signature by `primary`, with whatever back-signature is given embedded. */
export function binding(
  primary: CertificateKey,
  subkey: CertificateKey,
  back: Buffer | null,
  claim: Claim = {},
  signer: CertificateKey = primary,
): Buffer {
  const more: ForgedSubpacket[] = back === null ? [] : [[32, back]];
  return statement(signer, bound(primary, subkey), { type: 0x18, flags: SIGN, more, ...claim });
}

/** The body of a back-signature: the subkey's consent. */
export function backSignature(
  primary: CertificateKey,
  subkey: CertificateKey,
  claim: Claim = {},
  signer: CertificateKey = subkey,
): Buffer {
  return statement(signer, bound(primary, subkey), { type: 0x19, flags: null, ...claim }, (body) => body);
}

function statement(
  signer: CertificateKey,
  data: Buffer,
  claim: Claim,
  wrap: Forgery['packet'] = currentPacket,
): Buffer {
  const { after = 0, flags = null, lifetime, more = [], unhashed = [], type = 0, hash } = claim;
  const areas: ForgedSubpacket[] = [creationTime(signer.record.created + after), issuerFingerprint(signer.record)];
  if (flags !== null) areas.push([27, Buffer.from([flags])]);
  if (lifetime !== undefined) areas.push([9, uint32(lifetime)]);
  // Without it gpg does not find out whose statement it is.
  const issuer = issuerKeyId(signer.record);
  return forgePacket(signer, data, {
    type,
    ...(hash !== undefined && { hash }),
    hashed: [...areas, ...more],
    unhashed: [issuer, ...unhashed],
    packet: wrap,
  });
}

function bound(primary: CertificateKey, subkey: CertificateKey): Buffer {
  return Buffer.concat([hashed(primary.body), hashed(subkey.body)]);
}

/** A key as signatures and fingerprints hash it (RFC 9580, section 5.2.4). */
function hashed(body: Buffer): Buffer {
  return Buffer.concat([Buffer.from([0x99, body.length >> 8, body.length & 0xff]), body]);
}

function packet(type: number, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from([0xc0 | type, 0xff]), uint32(body.length), body]);
}
