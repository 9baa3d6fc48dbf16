import { ByteReader } from '../byte-reader.ts';
import { MalformedError } from '../malformed-error.ts';
import { type InnerSignature, parseInnerSignature } from './inner-signature.ts';
import { readName, readString } from './wire.ts';

/** An SSH signature (PROTOCOL.sshsig), read. */
export interface SshSignature {
  readonly publicKey: Buffer;
  readonly namespace: Uint8Array;
  readonly hash: string;
  readonly inner: InnerSignature;
}

export const MAGIC = Buffer.from('SSHSIG');
const VERSION = 1;

export function parseSshSignature(bytes: Uint8Array): SshSignature {
  const reader = new ByteReader(bytes);
  if (!MAGIC.equals(reader.bytes(MAGIC.length))) throw new MalformedError('it does not start with SSHSIG');
  if (reader.uint(4) !== VERSION) throw new MalformedError('it is not of version 1');
  const publicKey = readString(reader);
  const namespace = readString(reader);
  if (readString(reader).length > 0) throw new MalformedError('its reserved field is not empty');
  const hash = readName(reader);
  const inner = readString(reader);
  reader.end();
  return { publicKey, namespace, hash, inner: parseInnerSignature(inner) };
}
