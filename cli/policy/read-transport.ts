import { isUtf8 } from 'node:buffer';
import { X509Certificate } from 'node:crypto';
import { pinHost } from '../../shared/git/ssh-host-key.ts';
import { HeadlockError } from '../../shared/model/headlock-error.ts';
import { MAX_TRANSPORT_FILE_BYTES, MAX_X509_FILE_BYTES } from '../../shared/model/limits.ts';
import type { GitCredentials, RepositoryPolicy } from '../../shared/model/policy.ts';
import type { CredentialsEntry, LineOf, RepositoryEntry } from '../../shared/model/policy-file.ts';
import { parseSshUrl } from '../../shared/model/ssh-url.ts';
import { readBeside } from './read-beside.ts';
import type { Problem } from './read-ssh.ts';

const CODE = 'unreadable_transport_file';
const PEM = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g;

export interface ResolvedPolicy {
  readonly policy: RepositoryPolicy;
  readonly lineOf: LineOf;
  readonly problems: readonly Problem[];
}

/** Reads the files by which a forge is known: the host keys of one behind SSH, the authorities of one behind TLS. */
export async function readTransport(
  { policy, lineOf }: RepositoryEntry,
  policyFolder: string,
): Promise<ResolvedPolicy> {
  const problems: Problem[] = [];
  const attempt = async (path: readonly PropertyKey[], read: Promise<string>): Promise<string> => {
    try {
      return await read;
    } catch (error) {
      if (!(error instanceof HeadlockError)) throw error;
      problems.push({ line: lineOf(path), message: error.message });
      return '';
    }
  };
  const resolveCredentials = async (credentials: CredentialsEntry): Promise<GitCredentials> => {
    if (!('sshKey' in credentials)) return credentials;
    const knownHosts = readKnownHosts(credentials.knownHosts.path, policyFolder, policy.url);
    return { ...credentials, knownHosts: await attempt(['credentials', 'knownHosts'], knownHosts) };
  };
  const { credentials, certificateAuthority } = policy;
  return {
    policy: {
      ...policy,
      credentials: credentials && (await resolveCredentials(credentials)),
      certificateAuthority:
        certificateAuthority &&
        (await attempt(['certificateAuthority'], readAuthorities(certificateAuthority.path, policyFolder))),
    },
    lineOf,
    problems,
  };
}

/** @throws HeadlockError also where the file has no key of the host, or a line that cannot be read */
async function readKnownHosts(path: string, folder: string, url: string): Promise<string> {
  const advice = `Write the lines of this server alone: \`ssh-keygen -F HOST -f ${path}\` finds them.`;
  const bytes = await readBeside(folder, path, { code: CODE, maxBytes: MAX_TRANSPORT_FILE_BYTES, advice });
  if (!isUtf8(bytes) || bytes.includes(0)) throw unreadable(`${path} is no \`known_hosts\` file.`);
  const text = bytes.toString('utf8');
  pinHost(text, parseSshUrl(url));
  return text;
}

/** Its certificates alone: whatever else the file holds, a private key say, is left where it is. */
async function readAuthorities(path: string, folder: string): Promise<string> {
  const text = (await readBeside(folder, path, { code: CODE, maxBytes: MAX_X509_FILE_BYTES })).toString('latin1');
  const certificates = [...text.matchAll(PEM)].map(([pem]) => pem);
  if (certificates.length === 0) throw unreadable(`${path} holds no certificate in PEM.`);
  if (!certificates.every(isCertificate)) throw unreadable(`${path} holds a certificate that cannot be read.`);
  const pem = `${certificates.join('\n')}\n`;
  if (pem.length <= MAX_TRANSPORT_FILE_BYTES) return pem;
  throw unreadable(
    `The certificates of ${path} have more than ${MAX_TRANSPORT_FILE_BYTES} bytes. Keep those of this forge: the public authorities are trusted without being listed.`,
  );
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0;
  } catch {
    return false;
  }
}

function unreadable(message: string): HeadlockError {
  return new HeadlockError(CODE, message, { kind: 'input' });
}
