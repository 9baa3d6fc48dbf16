import type { RevokedCertificates, SerialRange, SshRevocations } from '../../model/signatory.ts';
import { ByteReader } from '../byte-reader.ts';
import { MalformedError } from '../malformed-error.ts';
import { sshFingerprint } from './fingerprint.ts';
import { readStrings, readUint64 } from './parse-certificate.ts';
import { readKeyType } from './parse-key-blob.ts';
import { readString } from './wire.ts';

const MAGIC = Buffer.from('SSHKRL\n\0', 'latin1');
const FORMAT_VERSION = 1;

/** Sections of a KRL (PROTOCOL.krl, sections 2 to 4). A signed list is not among what is read, nor are extensions. */
const CERTIFICATES = 1;
const EXPLICIT_KEYS = 2;
const SHA1_FINGERPRINTS = 3;
const SHA256_FINGERPRINTS = 5;

/** Sections of a section of certificates (PROTOCOL.krl, section 2). */
const SERIAL_LIST = 0x20;
const SERIAL_RANGE = 0x21;
const SERIAL_BITMAP = 0x22;
const KEY_IDS = 0x23;

export function isKrl(file: Uint8Array): boolean {
  return MAGIC.equals(file.subarray(0, MAGIC.length));
}

/** @throws MalformedError where a part cannot be read, or where one kind of entry is there more often than `maxEntries`. */
export function parseKrl(file: Uint8Array, maxEntries: number): SshRevocations {
  const reader = new ByteReader(file);
  reader.bytes(MAGIC.length);
  if (reader.uint(4) !== FORMAT_VERSION) throw new MalformedError('its format is not of version 1');
  reader.bytes(3 * 8); // Version, date and flags bind nothing.
  readString(reader); // Reserved.
  readString(reader); // A comment.
  const fingerprints: string[] = [];
  const certificates: RevokedCertificates[] = [];
  while (reader.remaining > 0) {
    const type = reader.uint(1);
    const section = readString(reader);
    if (type === CERTIFICATES) certificates.push(readCertificates(section, maxEntries));
    else for (const string of readStrings(section)) fingerprints.push(fingerprintOf(type, string));
  }
  const serials = certificates.flatMap((each) => [...each.serials, ...each.keyIds]);
  if (serials.length + certificates.length > maxEntries) throw tooMany(maxEntries);
  return { fingerprints, certificates };
}

function fingerprintOf(type: number, bytes: Buffer): string {
  if (type === EXPLICIT_KEYS) {
    readKeyType(bytes);
    return sshFingerprint(bytes);
  }
  if (type === SHA1_FINGERPRINTS && bytes.length === 20) return `SHA1:${withoutPadding(bytes)}`;
  if (type === SHA256_FINGERPRINTS && bytes.length === 32) return `SHA256:${withoutPadding(bytes)}`;
  throw new MalformedError('it has a section of a kind that is not known, or a fingerprint of another length');
}

function withoutPadding(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}

function readCertificates(bytes: Uint8Array, maxEntries: number): RevokedCertificates {
  const reader = new ByteReader(bytes);
  const authority = readString(reader);
  readString(reader); // Reserved.
  const serials: SerialRange[] = [];
  const keyIds: string[] = [];
  while (reader.remaining > 0) {
    const type = reader.uint(1);
    const section = readString(reader);
    if (type === KEY_IDS) for (const id of readStrings(section)) keyIds.push(id.toString('base64'));
    else for (const range of readSerials(type, section, maxEntries)) serials.push(range);
    if (serials.length + keyIds.length > maxEntries) throw tooMany(maxEntries);
  }
  return { authority: authority.length === 0 ? null : authority.toString('base64'), serials, keyIds };
}

function readSerials(type: number, section: Uint8Array, maxEntries: number): readonly SerialRange[] {
  const reader = new ByteReader(section);
  const ranges: SerialRange[] = [];
  if (type === SERIAL_LIST) {
    while (reader.remaining > 0) {
      const serial = String(readUint64(reader));
      ranges.push([serial, serial]);
    }
  } else if (type === SERIAL_RANGE) {
    ranges.push([String(readUint64(reader)), String(readUint64(reader))]);
  } else if (type === SERIAL_BITMAP) {
    const offset = readUint64(reader);
    ranges.push(...readBitmap(offset, readString(reader), maxEntries));
  } else throw new MalformedError('it has a section of certificates of a kind that is not known');
  reader.end();
  return ranges;
}

/** A number, the first byte the highest: bit 0 stands for the serial of the offset. */
function readBitmap(offset: bigint, bitmap: Uint8Array, maxEntries: number): readonly SerialRange[] {
  const ranges: SerialRange[] = [];
  let start: number | null = null;
  for (let bit = 0; bit <= bitmap.length * 8; bit += 1) {
    const byte = bitmap[bitmap.length - 1 - (bit >> 3)] ?? 0;
    const isSet = ((byte >> (bit & 7)) & 1) === 1;
    if (isSet) start ??= bit;
    else if (start !== null) {
      ranges.push([String(offset + BigInt(start)), String(offset + BigInt(bit - 1))]);
      if (ranges.length > maxEntries) throw tooMany(maxEntries);
      start = null;
    }
  }
  return ranges;
}

function tooMany(maxEntries: number): MalformedError {
  return new MalformedError(`it has more than ${maxEntries} entries`);
}
