import { HeadlockError } from '../../model/headlock-error.ts';
import type { SshRevocations } from '../../model/signatory.ts';
import { armorLines } from '../armor-lines.ts';
import { decodeBase64 } from '../base64.ts';
import { MalformedError } from '../malformed-error.ts';
import { sshFingerprint } from './fingerprint.ts';
import { isCertificateType } from './parse-certificate.ts';
import { isSshKeyType, parseKeyBlob, readKeyType } from './parse-key-blob.ts';
import { isKrl, parseKrl } from './parse-krl.ts';

/** What the records of a policy can carry without growing out of proportion. */
const MAX_ENTRIES = 20_000;
const FINGERPRINT = /^SHA256:[A-Za-z0-9+/]{43}$/;

/**
 * Reads a revocation list of SSH: a KRL (ssh-keygen(1), KEY REVOCATION LISTS), or lines of public keys and of fingerprints.
 * @throws HeadlockError `invalid_revocation_list` (input), with the number of the line.
 */
export function parseRevocationList(file: Uint8Array): SshRevocations {
  const list = isKrl(file) ? attempt('The revocation list', () => parseKrl(file, MAX_ENTRIES)) : parseLines(file);
  if (list.fingerprints.length > MAX_ENTRIES) throw invalid(`It has more than ${MAX_ENTRIES} entries. Shorten it.`);
  return list;
}

function parseLines(file: Uint8Array): SshRevocations {
  const fingerprints = armorLines(file).flatMap((text, index) => {
    const line = text.replace(/^[ \t]+/, '');
    if (line === '' || line.startsWith('#')) return [];
    return FINGERPRINT.test(line) ? line : attempt(`Line ${index + 1}`, () => fingerprintOf(line));
  });
  return { fingerprints, certificates: [] };
}

/** Of a key of any kind: a weak one can be revoked too. */
function fingerprintOf(line: string): string {
  const [type = '', base64 = ''] = line.split(/[ \t]+/, 2);
  const blob = decodeBase64(base64);
  if (isCertificateType(type))
    throw new MalformedError('it is a certificate: give the key that it certifies, or a KRL');
  if (readKeyType(blob) !== type) throw new MalformedError('it says another type than its key has');
  // One that is cut would revoke nothing.
  if (isSshKeyType(type)) parseKeyBlob(blob);
  return sshFingerprint(blob);
}

function attempt<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw invalid(
      `${what} cannot be read: ${Object(cause).message}. Write public keys or \`SHA256:…\`, one a line, or a KRL with \`ssh-keygen -k\`.`,
      cause,
    );
  }
}

function invalid(message: string, cause?: unknown): HeadlockError {
  return new HeadlockError('invalid_revocation_list', message, { kind: 'input', cause });
}
