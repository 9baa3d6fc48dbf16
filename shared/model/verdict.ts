import type { Oid } from './oid.ts';

/** Why a commit is not trusted (trust rules 2.6, 4.7): GitHub's words where they fit. */
export const COMMIT_REASONS = [
  'unsigned',
  'unknown_signature_type',
  'malformed_signature',
  'invalid',
  'unknown_key',
  'expired_key',
  'not_signing_key',
  'bad_email',
  'revoked_key',
  'not_yet_valid_key',
  'future_signature',
  'weak_algorithm',
  'unproven_time',
  'not_authorized',
  'denied',
  'malformed_commit',
  'sha1_collision',
  'missing_object',
  'limit_exceeded',
] as const;
export type CommitReason = (typeof COMMIT_REASONS)[number];

export type SignatureFormat = 'openpgp' | 'ssh' | 'x509';

/** The keys that a signature rests on: the compromise of any of them voids it (trust rule 3.3). */
export interface SignatureKeys {
  /** Hexadecimal OpenPGP fingerprint of the signing key, or `SHA256:…` of an SSH key or of the public key of X.509. */
  readonly fingerprint: string;
  /** Of the OpenPGP primary key or the authority (SSH, X.509) that certifies the signing key; null where the policy names that itself. */
  readonly certifiedBy: string | null;
  /** The SSH certificate that the key came in. */
  readonly certificate: SshCertificateId | null;
  /** Of the other authorities of X.509 that it rests on: those in between, and those of its time stamp. */
  readonly others?: readonly string[] | undefined;
}

/** By which a revocation list may name an SSH certificate of its authority. */
export interface SshCertificateId {
  /** In decimal digits: it has 64 bits. */
  readonly serial: string;
  /** In base64: it is any bytes. */
  readonly keyId: string;
}

/** A signature that was proven, and whose key the policy accepts at the times that count. */
export interface SignatureEvidence extends SignatureKeys {
  readonly outcome: 'verified';
  readonly format: SignatureFormat;
  /** The signatory's name in the policy. */
  readonly signatory: string;
  /** The signature's own creation time in seconds since 1970: a claim. SSH signatures have none. */
  readonly signedAt: number | null;
}

/** An operator vouches for the commit in the policy, whatever its signature is worth (trust rule 2.7). */
export interface AcceptedEvidence {
  readonly outcome: 'verified';
  readonly format: 'policy';
  /** The operator's reason, escaped and bounded. */
  readonly justification: string;
  /** What the commit would be refused for. */
  readonly against: CommitReason;
}

/** Why a signature or a commit is refused. A value, never thrown. */
export interface Refusal {
  readonly outcome: 'refused';
  readonly reason: CommitReason;
  /** One sentence for people: what is wrong. Names from the commit are escaped and bounded. */
  readonly message: string;
  /** One sentence for people: what to do about it. */
  readonly nextStep: string;
  /** When a refusal for time alone may end, in seconds since 1970 (trust rule 3.2). */
  readonly recheckAt: number | null;
  /** Whose signature it is, proven by a key of the policy, where the commit is refused in spite of it (trust rules 2.7, 3). */
  readonly signed?: SignatureEvidence | undefined;
}

/** What was found of one commit, bound as trust rule 1.7 says. */
export type Verdict = (SignatureEvidence | AcceptedEvidence | Refusal) & {
  readonly commit: Oid;
  /** Hexadecimal SHA-256 of the signed payload, or of the raw object where no payload can be told apart. */
  readonly payloadSha256: string;
  /** The committer as the commit claims it, escaped and bounded: `Bob <bob@example.com>`. */
  readonly committer: string;
  /** When Headlock first fetched the commit as new on this branch, in seconds since 1970 (trust rule 3.1). */
  readonly firstSeen: number;
};

/** The evidence of a verdict that rests on a signature, without what it is bound to; undefined of others. */
export function signatureOf(verdict: Verdict): SignatureEvidence | undefined {
  if (verdict.outcome !== 'verified' || verdict.format === 'policy') return undefined;
  const { commit, payloadSha256, committer, firstSeen, ...evidence } = verdict;
  return evidence;
}

export function createRefusal(
  reason: CommitReason,
  message: string,
  nextStep: string,
  recheckAt: number | null = null,
): Refusal {
  return { outcome: 'refused', reason, message, nextStep, recheckAt };
}
