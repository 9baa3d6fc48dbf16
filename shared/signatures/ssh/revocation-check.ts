import { hash } from 'node:crypto';
import type { RevokedCertificates, SshRevocations } from '../../model/signatory.ts';
import { sshFingerprint } from './fingerprint.ts';
import type { SshCertificate } from './parse-certificate.ts';

/** Whether a key is revoked, or the certificate that it came in. */
export type RevocationCheck = (keyBlob: Uint8Array, certificate: SshCertificate | null) => boolean;

/**
 * What one list of the policy revokes is revoked for every signatory (trust rule 3.3): a list says that a key is lost, whoever
 * names it.
 */
export function createRevocationCheck(lists: readonly SshRevocations[]): RevocationCheck {
  const fingerprints = new Set(lists.flatMap((list) => list.fingerprints));
  const hasSha1 = [...fingerprints].some((fingerprint) => fingerprint.startsWith('SHA1:'));
  const certificates = lists.flatMap((list) => list.certificates);
  const isKeyRevoked = (blob: Uint8Array) =>
    fingerprints.has(sshFingerprint(blob)) || (hasSha1 && fingerprints.has(sha1Fingerprint(blob)));
  return (keyBlob, certificate) => {
    if (fingerprints.size > 0 && isKeyRevoked(keyBlob)) return true;
    if (certificate === null) return false;
    // An authority that is revoked revokes what it certified.
    if (fingerprints.size > 0 && isKeyRevoked(certificate.authority)) return true;
    return certificates.some((list) => revokesCertificate(list, certificate));
  };
}

/** As OpenSSH does, serial 0 is that of an authority which gives none. */
function revokesCertificate({ authority, serials, keyIds }: RevokedCertificates, certificate: SshCertificate): boolean {
  if (authority !== null && authority !== certificate.authority.toString('base64')) return false;
  const { serial } = certificate;
  const isSerialRevoked = serials.some(([first, last]) => BigInt(first) <= serial && serial <= BigInt(last));
  return (serial !== 0n && isSerialRevoked) || keyIds.includes(certificate.keyId.toString('base64'));
}

function sha1Fingerprint(blob: Uint8Array): string {
  return `SHA1:${hash('sha1', blob, 'base64').replace(/=+$/, '')}`;
}
