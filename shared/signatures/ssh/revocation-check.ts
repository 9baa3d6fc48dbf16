import { hash } from 'node:crypto';
import type { RevokedCertificates, SshKey, SshRevocations } from '../../model/signatory.ts';
import type { SignatureKeys } from '../../model/verdict.ts';
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
  const certificates = lists.flatMap((list) => list.certificates).map(readRevoked);
  const isKeyRevoked = (blob: Uint8Array) =>
    fingerprints.has(sshFingerprint(blob)) || (hasSha1 && fingerprints.has(sha1Fingerprint(blob)));
  return (keyBlob, certificate) => {
    if (fingerprints.size > 0 && isKeyRevoked(keyBlob)) return true;
    if (certificate === null) return false;
    // An authority that is revoked revokes what it certified.
    if (fingerprints.size > 0 && isKeyRevoked(certificate.authority)) return true;
    const { authority, serial, keyId } = certificate;
    const [ofAuthority, id] = [authority.toString('base64'), keyId.toString('base64')];
    return certificates.some((list) => (list.authority ?? ofAuthority) === ofAuthority && list.names(serial, id));
  };
}

/**
 * The same of keys that signed before, by what is recorded of them; null where the lists name nothing.
 * @param known - of which a list may name the SHA-1 fingerprint, which is not recorded
 */
export function createRevokedKeysCheck(
  lists: readonly SshRevocations[],
  known: readonly SshKey[],
): ((keys: SignatureKeys) => boolean) | null {
  const isRevoked = createRevocationCheck(lists);
  const fingerprints = new Set(lists.flatMap((list) => list.fingerprints));
  for (const { blob, fingerprint } of known) {
    if (isRevoked(Buffer.from(blob, 'base64'), null)) fingerprints.add(fingerprint);
  }
  const certificates = lists.flatMap((list) =>
    list.certificates.map((entry) => ({
      authority: entry.authority && sshFingerprint(Buffer.from(entry.authority, 'base64')),
      names: readRevoked(entry).names,
    })),
  );
  if (fingerprints.size === 0 && certificates.length === 0) return null;
  return ({ fingerprint, certifiedBy, certificate }) => {
    if (fingerprints.has(fingerprint) || (certifiedBy !== null && fingerprints.has(certifiedBy))) return true;
    if (certificate === null) return false;
    const { serial, keyId } = certificate;
    return certificates.some(
      (list) => (list.authority ?? certifiedBy) === certifiedBy && list.names(BigInt(serial), keyId),
    );
  };
}

interface Revoked {
  readonly authority: string | null;
  names(serial: bigint, keyId: string): boolean;
}

/** A list may have many thousands. As OpenSSH does, serial 0 is that of an authority which gives none. */
function readRevoked({ authority, serials, keyIds }: RevokedCertificates): Revoked {
  const ranges = mergeRanges(serials.map(([first, last]) => [BigInt(first), BigInt(last)]));
  const ids = new Set(keyIds);
  return { authority, names: (serial, keyId) => (serial !== 0n && isWithin(ranges, serial)) || ids.has(keyId) };
}

type Range = readonly [first: bigint, last: bigint];

/** In order, and apart from each other. */
function mergeRanges(ranges: readonly Range[]): readonly Range[] {
  const merged: Range[] = [];
  for (const [first, last] of ranges.toSorted(([one], [other]) => (one < other ? -1 : 1))) {
    const before = merged.at(-1);
    if (before === undefined || first > before[1]) merged.push([first, last]);
    else if (last > before[1]) merged[merged.length - 1] = [before[0], last];
  }
  return merged;
}

function isWithin(ranges: readonly Range[], serial: bigint): boolean {
  let [low, high] = [0, ranges.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const range = ranges[middle];
    if (range !== undefined && serial > range[1]) low = middle + 1;
    else high = middle;
  }
  const found = ranges[low];
  return found !== undefined && found[0] <= serial;
}

function sha1Fingerprint(blob: Uint8Array): string {
  return `SHA1:${hash('sha1', blob, 'base64').replace(/=+$/, '')}`;
}
