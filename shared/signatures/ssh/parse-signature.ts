import { ByteReader } from '../byte-reader.ts';
import { MalformedError } from '../malformed-error.ts';
import { readName, readString } from './wire.ts';

/** An SSH signature (PROTOCOL.sshsig), read. */
export interface SshSignature {
  readonly publicKey: Buffer;
  readonly namespace: Uint8Array;
  readonly hash: string;
  /** The algorithm that the inner signature names, and its numbers. */
  readonly algorithm: string;
  readonly material: Uint8Array;
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
  const inner = new ByteReader(readString(reader));
  reader.end();
  const algorithm = readName(inner);
  const material = readString(inner);
  inner.end();
  return { publicKey, namespace, hash, algorithm, material };
}
