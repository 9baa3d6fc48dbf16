import { ByteReader } from '../byte-reader.ts';
import { MalformedError } from '../malformed-error.ts';
import { CURVES, ecPublicKey, edwardsPublicKey, type PublicKeyInfo, rsaPublicKey } from '../spki.ts';
import { readName, readPositiveInteger, readString } from './wire.ts';

/** The key types that sign (trust rule 2.3). */
export type SshKeyType = keyof typeof READERS;

interface KeyFields extends PublicKeyInfo {
  /** What a FIDO key was made for, which each of its signatures covers; null where the key is none. */
  readonly application: Buffer | null;
}

export interface KeyBlob extends KeyFields {
  readonly type: SshKeyType;
}

type KeyReader = (reader: ByteReader) => KeyFields;

const READERS = {
  'ssh-ed25519': plain(readEd25519),
  'ssh-rsa': plain(readRsa),
  'ecdsa-sha2-nistp256': plain(readEcdsa('nistp256', CURVES.nistP256)),
  'ecdsa-sha2-nistp384': plain(readEcdsa('nistp384', CURVES.nistP384)),
  'ecdsa-sha2-nistp521': plain(readEcdsa('nistp521', CURVES.nistP521)),
  // OpenSSH's PROTOCOL.u2f.
  'sk-ssh-ed25519@openssh.com': fido(readEd25519),
  'sk-ecdsa-sha2-nistp256@openssh.com': fido(readEcdsa('nistp256', CURVES.nistP256)),
} as const satisfies Record<string, KeyReader>;

export function isSshKeyType(type: string): type is SshKeyType {
  return Object.hasOwn(READERS, type);
}

/** Whether a key of that type is in a security key. */
export function isFidoKeyType(type: string): boolean {
  return isSshKeyType(type) && type.startsWith('sk-');
}

/** A public key blob (RFC 4253, section 6.6; RFC 5656, section 3.1; RFC 8709, section 4) of a key that is no certificate. */
export function parseKeyBlob(blob: Uint8Array): KeyBlob {
  const reader = new ByteReader(blob);
  const type = readName(reader);
  if (!isSshKeyType(type)) throw new MalformedError('its type is not one of a plain key');
  const key = readKeyFields(type, reader);
  reader.end();
  return key;
}

/** The fields that follow a key's type. */
export function readKeyFields(type: SshKeyType, reader: ByteReader): KeyBlob {
  return { type, ...READERS[type](reader) };
}

/** The type that a blob of any kind states. */
export function readKeyType(blob: Uint8Array): string {
  return readName(new ByteReader(blob));
}

function plain(read: (reader: ByteReader) => PublicKeyInfo): KeyReader {
  return (reader) => ({ ...read(reader), application: null });
}

function fido(read: (reader: ByteReader) => PublicKeyInfo): KeyReader {
  return (reader) => ({ ...read(reader), application: readString(reader) });
}

function readEd25519(reader: ByteReader): PublicKeyInfo {
  return edwardsPublicKey('ed25519', readString(reader));
}

function readRsa(reader: ByteReader): PublicKeyInfo {
  const exponent = readPositiveInteger(reader);
  return rsaPublicKey(readPositiveInteger(reader), exponent);
}

function readEcdsa(name: string, curve: { readonly oid: string; readonly bits: number }) {
  return (reader: ByteReader): PublicKeyInfo => {
    if (readName(reader) !== name) throw new MalformedError('its curve is not the one of its type');
    return ecPublicKey(curve, readString(reader));
  };
}
