import { ByteReader } from '../byte-reader.ts';
import { MalformedError } from '../malformed-error.ts';
import { CURVES, ecPublicKey, edwardsPublicKey, type PublicKeyInfo, rsaPublicKey } from '../spki.ts';
import { readName, readPositiveInteger, readString } from './wire.ts';

/** The plain key types that sign (trust rule 2.3). */
export type SshKeyType = keyof typeof READERS;

export interface KeyBlob extends PublicKeyInfo {
  readonly type: SshKeyType;
}

type KeyReader = (reader: ByteReader) => PublicKeyInfo;

const READERS = {
  'ssh-ed25519': (reader: ByteReader) => edwardsPublicKey('ed25519', readString(reader)),
  'ssh-rsa': readRsa,
  'ecdsa-sha2-nistp256': readEcdsa('nistp256', CURVES.nistP256),
  'ecdsa-sha2-nistp384': readEcdsa('nistp384', CURVES.nistP384),
  'ecdsa-sha2-nistp521': readEcdsa('nistp521', CURVES.nistP521),
} as const satisfies Record<string, KeyReader>;

export function isSshKeyType(type: string): type is SshKeyType {
  return Object.hasOwn(READERS, type);
}

/** A public key blob (RFC 4253, section 6.6; RFC 5656, section 3.1; RFC 8709, section 4) of a plain key. */
export function parseKeyBlob(blob: Uint8Array): KeyBlob {
  const reader = new ByteReader(blob);
  const type = readName(reader);
  if (!isSshKeyType(type)) throw new MalformedError('its type is not one of a plain key');
  const key = READERS[type](reader);
  reader.end();
  return { type, ...key };
}

/** The type that a blob of any kind states. */
export function readKeyType(blob: Uint8Array): string {
  return readName(new ByteReader(blob));
}

function readRsa(reader: ByteReader): PublicKeyInfo {
  const exponent = readPositiveInteger(reader);
  return rsaPublicKey(readPositiveInteger(reader), exponent);
}

function readEcdsa(name: string, curve: { readonly oid: string; readonly bits: number }): KeyReader {
  return (reader) => {
    if (readName(reader) !== name) throw new MalformedError('its curve is not the one of its type');
    return ecPublicKey(curve, readString(reader));
  };
}
