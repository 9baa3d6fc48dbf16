import { COMMITTED_AT, signedCommit } from '../support/commit-bytes.ts';
import {
  creationTime,
  type ForgedSubpacket,
  type Forgery,
  type ForgingKey,
  forgePacket,
  issuerFingerprint,
  issuerKeyId,
  mpi,
  uint32,
} from '../support/forge-openpgp.ts';
import { armorWithChecksum } from '../support/openpgp-packets.ts';
import type { Variant } from './commit-variants.ts';

const SIGNED_AT = COMMITTED_AT + 10;
const DIGESTS = { MD5: 1, 'SHA-1': 2, 'RIPEMD-160': 3, 'SHA-256': 8, 'SHA-384': 9, 'SHA-512': 10, 'SHA-224': 11 };
const TYPES = [0x00, 0x01, 0x02, 0x10, 0x13, 0x18, 0x19, 0x1f, 0x20, 0x28, 0x30, 0x40, 0x50];
/** The order of the group of Ed25519 (RFC 8032, section 5.1). */
const ED25519_ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;

/** Plausible contents of a subpacket, where any are needed to read it (RFC 9580, section 5.2.3.7). */
const BODIES: Readonly<Record<number, Buffer>> = {
  2: uint32(SIGNED_AT),
  3: uint32(0),
  5: Buffer.of(1, 60),
  9: uint32(0),
  12: Buffer.alloc(22, 0x80),
  20: Buffer.from('80000000000100016162', 'hex'),
  27: Buffer.of(2),
  29: Buffer.of(0),
  31: Buffer.alloc(34, 8),
};

/** What gpg itself would not sign, correctly signed by a forged key of which gpg has the certificate. */
export function craftedVariants(key: ForgingKey, stranger: ForgingKey, payload: Buffer): readonly Variant[] {
  const { record } = key;
  const [time, fingerprint, keyId] = [creationTime(SIGNED_AT), issuerFingerprint(record), issuerKeyId(record)];
  const sign = (forgery: Forgery) =>
    signedCommit(payload, armorWithChecksum(forgePacket(key, payload, { created: SIGNED_AT, ...forgery })));
  const hashed = (...subpackets: readonly ForgedSubpacket[]) => ({ hashed: subpackets });
  const list: (readonly [what: string, forgery: Forgery])[] = [
    ['by fingerprint alone', { ...hashed(time, fingerprint), unhashed: [] }],
    ['by key id alone', { ...hashed(time), unhashed: [keyId] }],
    ['by a hashed key id alone', { ...hashed(time, keyId), unhashed: [] }],
    ['by an unhashed fingerprint alone', { ...hashed(time), unhashed: [fingerprint] }],
    ['by nobody', { ...hashed(time), unhashed: [] }],
    ['by a stranger’s fingerprint', { ...hashed(time, issuerFingerprint(stranger.record)) }],
    ['by a stranger’s hashed key id', { ...hashed(time, issuerKeyId(stranger.record)), unhashed: [keyId] }],
    ['by a stranger’s unhashed key id', { ...hashed(time, fingerprint), unhashed: [issuerKeyId(stranger.record)] }],
    ['two fingerprints', hashed(time, fingerprint, fingerprint)],
    ['two key ids', { unhashed: [keyId, issuerKeyId(stranger.record)] }],
    ['no creation time', hashed(fingerprint)],
    ['an unhashed creation time', { ...hashed(fingerprint), unhashed: [time, keyId] }],
    ['two creation times', hashed(time, creationTime(SIGNED_AT - 100), fingerprint)],
    ['a creation time of five bytes', hashed([2, Buffer.alloc(5, 1)], fingerprint)],
    ['a creation time of 0', hashed(creationTime(0), fingerprint)],
    ['an end in the past', hashed(time, fingerprint, [3, uint32(60)])],
    ['an end to come', hashed(time, fingerprint, [3, uint32(86_400)])],
    ['an end of three bytes', hashed(time, fingerprint, [3, Buffer.of(0, 0, 1)])],
    ['two ends', hashed(time, fingerprint, [3, uint32(86_400)], [3, uint32(60)])],
    ['a fingerprint of version 6', hashed(time, [33, Buffer.concat([Buffer.of(6), fingerprint[1].subarray(1)])])],
    ['a fingerprint that is cut', hashed(time, [33, fingerprint[1].subarray(0, 20)])],
    ['a notation that is cut', { moreHashed: [[20, Buffer.from('800000000001000161', 'hex')]] }],
    ['a notation that is short', { moreHashed: [[20, Buffer.from('80000000', 'hex')]] }],
    ['a notation with more behind it', { moreHashed: [[20, Buffer.from('8000000000010001616263', 'hex')]] }],
    ['version 3', { version: 3 }],
    ['version 5', { version: 5 }],
    ['algorithm 27 over the same key', { algorithm: 27 }],
    ['algorithm RSA over the same key', { algorithm: 1 }],
    ['numbers of zero', { material: () => Buffer.concat([mpi(Buffer.of(1)), mpi(Buffer.of(1))]) }],
    ['the second number plus the order', { material: addOrder }],
    ['the numbers changed places', { material: swapNumbers }],
    ...Object.entries(DIGESTS).map(([name, hash]) => [`digest ${name}`, { hash }] as const),
    ...TYPES.map((type) => [`type 0x${type.toString(16).padStart(2, '0')}`, { type }] as const),
  ];
  for (let type = 0; type < 128; type += 1) {
    if (type === 2 || type === 16 || type === 33) continue;
    const body = BODIES[type] ?? Buffer.from('x');
    list.push([`subpacket ${type}`, { moreHashed: [[type, body]] }]);
    list.push([`critical subpacket ${type}`, { moreHashed: [[0x80 | type, body]] }]);
    list.push([`critical subpacket ${type}, unhashed`, { unhashed: [keyId, [0x80 | type, body]] }]);
  }
  for (const [type, body] of [time, fingerprint, keyId]) {
    const others = [time, fingerprint, keyId].filter((each) => each[0] !== type);
    list.push([`critical subpacket ${type}`, { ...hashed(...others, [0x80 | type, body]), unhashed: [] }]);
  }
  list.push(['critical subpacket 33, unhashed', { ...hashed(time), unhashed: [[0x80 | 33, fingerprint[1]], keyId] }]);
  list.push(['critical subpacket 16, unhashed', { unhashed: [[0x80 | 16, keyId[1]]] }]);
  return list.map(([what, forgery]) => ({ what: `crafted: ${what}`, raw: sign(forgery) }));
}

function numbersOf(material: Buffer): [Buffer, Buffer] {
  const first = material.subarray(2, 2 + ((material.readUInt16BE(0) + 7) >> 3));
  return [first, material.subarray(4 + first.length)];
}

/** Another spelling of the same equation, which RFC 8032 refuses: the second number is little-endian. */
function addOrder(material: Buffer): Buffer {
  const [r, s] = numbersOf(material);
  const padded = Buffer.concat([Buffer.alloc(32 - s.length), s]);
  const sum = BigInt(`0x${padded.reverse().toString('hex')}`) + ED25519_ORDER;
  return Buffer.concat([mpi(r), mpi(Buffer.from(sum.toString(16).padStart(64, '0'), 'hex').reverse())]);
}

function swapNumbers(material: Buffer): Buffer {
  const [r, s] = numbersOf(material);
  return Buffer.concat([mpi(s), mpi(r)]);
}
