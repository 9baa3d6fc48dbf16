import { ByteReader } from '../byte-reader.ts';
import { MalformedError } from '../malformed-error.ts';
import { type KeyBlob, readKeyFields, type SshKeyType } from './parse-key-blob.ts';
import { readName, readString, writeString } from './wire.ts';

/** A certificate of OpenSSH (PROTOCOL.certkeys), read and not yet judged. */
export interface SshCertificate {
  /** All of it. */
  readonly blob: Uint8Array;
  readonly key: KeyBlob;
  /** The blob of the key that it certifies. */
  readonly keyBlob: Buffer;
  readonly serial: bigint;
  readonly type: number;
  readonly keyId: Buffer;
  readonly principals: readonly Buffer[];
  readonly validity: CertificateValidity;
  readonly hasCriticalOptions: boolean;
  /** The blob of the key that signed it. */
  readonly authority: Buffer;
  /** What the authority signed, and its inner signature. */
  readonly signedBytes: Uint8Array;
  readonly signature: Uint8Array;
}

/** Seconds since 1970: from the first on, and before the second. A certificate without end has one beyond every calendar. */
export interface CertificateValidity {
  readonly from: number;
  readonly until: number;
}

export const USER_CERTIFICATE = 1;

const CERTIFIED_TYPES: ReadonlyMap<string, SshKeyType> = new Map([
  ['ssh-ed25519-cert-v01@openssh.com', 'ssh-ed25519'],
  ['ssh-rsa-cert-v01@openssh.com', 'ssh-rsa'],
  ['ecdsa-sha2-nistp256-cert-v01@openssh.com', 'ecdsa-sha2-nistp256'],
  ['ecdsa-sha2-nistp384-cert-v01@openssh.com', 'ecdsa-sha2-nistp384'],
  ['ecdsa-sha2-nistp521-cert-v01@openssh.com', 'ecdsa-sha2-nistp521'],
  ['sk-ssh-ed25519-cert-v01@openssh.com', 'sk-ssh-ed25519@openssh.com'],
  ['sk-ecdsa-sha2-nistp256-cert-v01@openssh.com', 'sk-ecdsa-sha2-nistp256@openssh.com'],
]);

export function isCertificateType(type: string): boolean {
  return CERTIFIED_TYPES.has(type);
}

export function parseSshCertificate(blob: Uint8Array): SshCertificate {
  const reader = new ByteReader(blob);
  const keyType = CERTIFIED_TYPES.get(readName(reader));
  if (keyType === undefined) throw new MalformedError('its type is not one of a certificate');
  readString(reader); // A nonce, against collisions.
  const start = reader.offset;
  const key = readKeyFields(keyType, reader);
  const keyBlob = Buffer.concat([writeString(Buffer.from(keyType)), blob.subarray(start, reader.offset)]);
  const serial = readUint64(reader);
  const type = reader.uint(4);
  const keyId = readString(reader);
  const principals = readStrings(readString(reader));
  const validity = { from: Number(readUint64(reader)), until: Number(readUint64(reader)) };
  const hasCriticalOptions = readString(reader).length > 0;
  readString(reader); // Extensions permit what a login does.
  readString(reader); // Reserved: what it will mean is not known, and the authority signed it.
  const authority = readString(reader);
  const signedBytes = blob.subarray(0, reader.offset);
  const signature = readString(reader);
  reader.end();
  return {
    ...{ blob, key, keyBlob, serial, type, keyId, principals, validity, hasCriticalOptions },
    ...{ authority, signedBytes, signature },
  };
}

/** Strings until the bytes end. */
export function readStrings(bytes: Uint8Array): readonly Buffer[] {
  const reader = new ByteReader(bytes);
  const strings: Buffer[] = [];
  while (reader.remaining > 0) strings.push(readString(reader));
  return strings;
}

export function readUint64(reader: ByteReader): bigint {
  return reader.bytes(8).readBigUInt64BE();
}
