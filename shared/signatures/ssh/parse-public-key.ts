import { createPublicKey } from 'node:crypto';
import { HeadlockError } from '../../model/headlock-error.ts';
import type { SshKey } from '../../model/signatory.ts';
import { decodeBase64 } from '../base64.ts';
import { MalformedError } from '../malformed-error.ts';
import { MIN_RSA_BITS } from '../spki.ts';
import { sshFingerprint } from './fingerprint.ts';
import { isSshKeyType, type KeyBlob, parseKeyBlob } from './parse-key-blob.ts';

export type SshPublicKeyErrorCode = 'invalid_ssh_public_key';

const MAX_LINE_LENGTH = 16_384;
const ADVICE = 'Give one line as ssh-keygen writes it to a .pub file: `ssh-ed25519 AAAA… comment`.';

/**
 * One line of a `.pub` file: type, key in base64, comment.
 * @throws HeadlockError `invalid_ssh_public_key` (input), saying why the key cannot be used.
 */
export function parseSshPublicKey(line: string): SshKey {
  if (line.length > MAX_LINE_LENGTH) throw invalid('is too long', ADVICE);
  const text = line.trim();
  if (/[\r\n]/.test(text)) throw invalid('has more than one line', 'Give a list with one key each.');
  const [type = '', base64 = ''] = text.split(/[ \t]+/, 2);
  assertPlainType(type);
  const { blob, key } = decode(base64);
  if (key.type !== type) throw invalid('says another type than its key has', ADVICE);
  // Trust rule 2.5.
  if (type === 'ssh-rsa' && key.bits < MIN_RSA_BITS) {
    throw invalid(`is an RSA key of ${key.bits} bits, which is too weak`, 'Make a new one: `ssh-keygen -t ed25519`.');
  }
  return { format: 'ssh', fingerprint: sshFingerprint(blob), type, blob: base64 };
}

function assertPlainType(type: string): void {
  if (isSshKeyType(type)) return;
  if (type === 'ssh-dss') throw invalid('is a DSA key, which is too weak', 'Make a new one: `ssh-keygen -t ed25519`.');
  if (type.includes('-cert-v01@')) throw invalid('is a certificate', 'Give the plain public key that it certifies.');
  if (type.startsWith('-----')) throw invalid('is not in the form of a .pub file', ADVICE);
  throw invalid('starts with options or a name that is no key type', ADVICE);
}

function decode(base64: string): { blob: Buffer; key: KeyBlob } {
  try {
    const blob = decodeBase64(base64);
    const key = parseKeyBlob(blob);
    // OpenSSL checks that the point lies on its curve.
    createPublicKey({ key: key.spki, format: 'der', type: 'spki' });
    return { blob, key };
  } catch (cause) {
    const detail = cause instanceof MalformedError ? cause.message : 'it is no valid key of its type';
    throw invalid(`cannot be read: ${detail}`, ADVICE, cause);
  }
}

function invalid(what: string, advice: string, cause?: unknown): HeadlockError<SshPublicKeyErrorCode> {
  return new HeadlockError('invalid_ssh_public_key', `The SSH public key ${what}. ${advice}`, { kind: 'input', cause });
}
