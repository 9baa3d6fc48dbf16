import { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { HeadlockError } from '../../shared/model/headlock-error.ts';
import { MAX_X509_FILE_BYTES } from '../../shared/model/limits.ts';
import type { SignatoryEntry, X509Entry } from '../../shared/model/policy-file.ts';
import type { X509Identity, X509Trust } from '../../shared/model/signatory.ts';
import { parseCertificate } from '../../shared/signatures/x509/parse-certificate.ts';
import { createSigstoreProof } from '../../shared/signatures/x509/sigstore.ts';
import { readBeside } from './read-beside.ts';
import type { Problem } from './read-ssh.ts';

/** The public instance's, as it was when this version was made. A policy may name a newer one. */
const SHIPPED_ROOT = join(import.meta.dirname, 'sigstore-trusted-root.json');
const BOUNDS = { code: 'unreadable_x509_file', maxBytes: MAX_X509_FILE_BYTES };
const PEM = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g;

export interface X509Keys {
  readonly keys: readonly X509Identity[];
  readonly problems: readonly Problem[];
}

/** Reads what a policy trusts to certify a signatory (trust rule 2.4). */
export async function readX509({ x509, lineOf }: SignatoryEntry, policyFolder: string): Promise<X509Keys> {
  if (x509 === null) return { keys: [], problems: [] };
  const { identity, isPattern } = x509;
  try {
    const trust = await readTrust(x509, policyFolder);
    const fingerprint = `${identity} (${trust.kind === 'sigstore' ? trust.issuer : x509.certificateAuthority})`;
    return { keys: [{ format: 'x509', fingerprint, identity, isPattern, trust }], problems: [] };
  } catch (error) {
    if (!(error instanceof HeadlockError)) throw error;
    return { keys: [], problems: [{ line: lineOf(['x509']), message: error.message }] };
  }
}

/** The trusted root of Sigstore's public instance that is shipped. */
export function readShippedRoot(): Promise<string> {
  return readTrustedRoot(null, '');
}

async function readTrust(entry: X509Entry, folder: string): Promise<X509Trust> {
  const { issuer, trustedRoot, certificateAuthority, timestampAuthority } = entry;
  if (issuer !== null) return { kind: 'sigstore', issuer, trustedRoot: await readTrustedRoot(trustedRoot, folder) };
  const [certificates, timestampAuthorities] = await Promise.all([
    readAuthorities(String(certificateAuthority), folder),
    readAuthorities(String(timestampAuthority), folder),
  ]);
  return { kind: 'authority', certificates, timestampAuthorities };
}

async function readTrustedRoot(path: string | null, folder: string): Promise<string> {
  const text = (await readBeside(folder, path ?? SHIPPED_ROOT, BOUNDS)).toString('utf8');
  try {
    createSigstoreProof(text);
    return JSON.stringify(JSON.parse(text));
  } catch (cause) {
    throw unreadable(`${path} is no trusted root of Sigstore. \`cosign trusted-root create\` makes one.`, cause);
  }
}

/** @returns DER in base64 */
async function readAuthorities(path: string, folder: string): Promise<readonly string[]> {
  const text = (await readBeside(folder, path, BOUNDS)).toString('latin1');
  const certificates = [...text.matchAll(PEM)].map(([pem]) => readAuthority(pem, path));
  if (certificates.length === 0) throw unreadable(`${path} holds no certificate in PEM.`);
  return certificates;
}

function readAuthority(pem: string, path: string): string {
  try {
    const der = new X509Certificate(pem).raw;
    const { isAuthority, flaw } = parseCertificate(der);
    if (!isAuthority) throw unreadable(`${path} holds a certificate that is none of an authority.`);
    if (flaw !== null) throw unreadable(`${path} holds a certificate that ${flaw}.`);
    return der.toString('base64');
  } catch (error) {
    if (error instanceof HeadlockError) throw error;
    throw unreadable(`${path} holds a certificate that cannot be read.`, error);
  }
}

function unreadable(message: string, cause?: unknown): HeadlockError {
  return new HeadlockError(BOUNDS.code, message, { kind: 'input', cause });
}
