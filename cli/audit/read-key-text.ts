import { formatClaim } from '../../shared/model/claim.ts';
import { HeadlockError } from '../../shared/model/headlock-error.ts';
import type { SshKey } from '../../shared/model/signatory.ts';
import { describeProblem } from '../../shared/signatures/openpgp/describe-problem.ts';
import { readKeyFile } from '../../shared/signatures/openpgp/read-key-file.ts';
import { parseAllowedSigners } from '../../shared/signatures/ssh/parse-allowed-signers.ts';
import { parseSshPublicKey } from '../../shared/signatures/ssh/parse-public-key.ts';
import { type CertificateSummary, readCertificate } from './read-certificate.ts';

export interface ReadCertificate extends CertificateSummary {
  readonly bytes: Uint8Array;
}

/** What a file holds, of whatever kind it is. */
export interface KeyText {
  readonly certificates: readonly ReadCertificate[];
  readonly sshKeys: readonly { readonly key: SshKey; readonly owner: string }[];
  /** One sentence each. */
  readonly problems: readonly string[];
}

const PRIVATE_KEY = /^-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----/m;
const SSH_LINE = /^(?:ssh|ecdsa|sk)-\S+[ \t]+\S+(?:[ \t]+(.*))?$/;

/** OpenPGP certificates, armored or binary; lines of `.pub` files; an `allowed_signers` file. */
export function readKeyText(file: Uint8Array): KeyText {
  const text = Buffer.from(file.buffer, file.byteOffset, file.byteLength).toString('utf8');
  if (Number(file[0]) >= 0x80 || text.includes('-----BEGIN PGP ')) return readOpenPgp(file);
  if (PRIVATE_KEY.test(text)) {
    return {
      certificates: [],
      sshKeys: [],
      problems: ['It is a private key: name the public one, and keep this to its owner.'],
    };
  }
  const lines = text.split('\n').map((line) => line.trim());
  const keys = lines.filter((line) => line !== '' && !line.startsWith('#'));
  return keys.every((line) => SSH_LINE.test(line)) ? readLines(keys) : readSigners(file);
}

function readOpenPgp(file: Uint8Array): KeyText {
  const { certificates, problems } = readKeyFile(file);
  const read: ReadCertificate[] = [];
  const complaints = [...problems];
  for (const bytes of certificates) {
    try {
      read.push({ ...readCertificate(bytes), bytes });
    } catch (error) {
      complaints.push(`A certificate cannot be read: ${describeProblem(error)}.`);
    }
  }
  return { certificates: read, sshKeys: [], problems: complaints };
}

function readLines(lines: readonly string[]): KeyText {
  const sshKeys: KeyText['sshKeys'][number][] = [];
  const problems: string[] = [];
  for (const line of lines) {
    try {
      sshKeys.push({ key: parseSshPublicKey(line), owner: formatClaim(SSH_LINE.exec(line)?.[1] ?? '') });
    } catch (error) {
      if (!(error instanceof HeadlockError)) throw error;
      problems.push(error.message);
    }
  }
  return { certificates: [], sshKeys, problems };
}

function readSigners(file: Uint8Array): KeyText {
  try {
    const signers = parseAllowedSigners(file).filter(({ isAuthority }) => !isAuthority);
    const sshKeys = signers.map(({ key, principals }) => ({ key, owner: formatClaim(principals) }));
    return { certificates: [], sshKeys, problems: [] };
  } catch (error) {
    if (!(error instanceof HeadlockError)) throw error;
    return { certificates: [], sshKeys: [], problems: ['It holds neither OpenPGP certificates nor SSH public keys.'] };
  }
}
