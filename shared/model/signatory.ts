/** A point in time in seconds since 1970, UTC. */
export type UnixSeconds = number;

/** A revocation as trust rule 3.3 tells them apart: a soft one counts from its time on, a hard one voids every signature. */
export type Revocation = { readonly kind: 'soft'; readonly at: UnixSeconds } | { readonly kind: 'hard' };

/** One OpenPGP key packet of a certificate, judged when the policy was applied (trust rule 2.2). */
export interface OpenPgpKey {
  readonly format: 'openpgp';
  /** Lower-case hexadecimal fingerprint of this key packet: 40 digits (v4) or 64 (v6). */
  readonly fingerprint: string;
  /** Lower-case hexadecimal, 16 digits. */
  readonly keyId: string;
  readonly primaryFingerprint: string;
  readonly version: 4 | 6;
  /** OpenPGP public-key algorithm id (RFC 9580, section 9.1). */
  readonly algorithm: number;
  /** Bits of an RSA modulus or of a curve's order. */
  readonly bits: number;
  readonly created: UnixSeconds;
  readonly expires: UnixSeconds | null;
  /** When the newest self-signature or binding that counts was made. Nothing is decided by it: copies were judged as one. */
  readonly statedAt: UnixSeconds;
  readonly revocation: Revocation | null;
  /** Whether flags, binding and back-signature let this key sign data. */
  readonly signing: boolean;
  /** SubjectPublicKeyInfo, DER in base64; null where this key cannot be used, with `unusable` saying why. */
  readonly spki: string | null;
  readonly unusable: string | null;
}

/** One SSH public key. */
export interface SshKey {
  readonly format: 'ssh';
  /** `SHA256:` and 43 characters of base64, as `ssh-keygen -l` prints it. */
  readonly fingerprint: string;
  /** `ssh-ed25519`, `ssh-rsa`, `ecdsa-sha2-nistp256`, … */
  readonly type: string;
  /** The public key blob (RFC 4253, section 6.6) in base64. */
  readonly blob: string;
  /** Whether the key, a FIDO key, must have known who touched it, by PIN or fingerprint. */
  readonly userVerification?: true | undefined;
  /**
   * Makes it a certificate authority, whose certificates count that name one of these principals. It then signs no commit
   * itself.
   */
  readonly principals?: readonly string[] | undefined;
  /** The policy's own window for this key, from its line of an `allowed_signers` file: from the first on, before the second. */
  readonly validFrom?: UnixSeconds | undefined;
  readonly validUntil?: UnixSeconds | undefined;
}

/** Whom an X.509 certificate must name and who must vouch for that (trust rule 2.4). It stands where others have a key. */
export interface X509Identity {
  readonly format: 'x509';
  /** For people: the identity, and who vouches for it. */
  readonly fingerprint: string;
  /** An e-mail address or URI among the certificate's alternative names: all of it, or a pattern for all of it. */
  readonly identity: string;
  readonly isPattern: boolean;
  readonly trust: X509Trust;
}

export type X509Trust =
  | {
      readonly kind: 'sigstore';
      /** Who vouched for the identity to Fulcio, as its certificate says. */
      readonly issuer: string;
      /** A `trusted_root.json` of Sigstore. */
      readonly trustedRoot: string;
    }
  | {
      readonly kind: 'authority';
      /** Certificates of authorities, DER in base64. */
      readonly certificates: readonly string[];
      /** Likewise, of those whose time stamps (RFC 3161) count. */
      readonly timestampAuthorities: readonly string[];
    };

export type SigningKey = OpenPgpKey | SshKey | X509Identity;

/** The SSH keys and certificates that a revocation list names, each revoked hard (trust rule 3.3). */
export interface SshRevocations {
  /** `SHA256:…` or `SHA1:…` and base64 without padding, of public key blobs. */
  readonly fingerprints: readonly string[];
  readonly certificates: readonly RevokedCertificates[];
}

export interface RevokedCertificates {
  /** The blob of the authority's key in base64; null for every authority. */
  readonly authority: string | null;
  readonly serials: readonly SerialRange[];
  /** In base64: they are any bytes. */
  readonly keyIds: readonly string[];
}

/** First and last, in decimal digits: they have 64 bits. */
export type SerialRange = readonly [first: string, last: string];

/** A person or bot whose keys the policy accepts, with the keys compiled. */
export interface Signatory {
  readonly name: string;
  readonly emails: readonly string[];
  readonly matchEmail: boolean;
  /** The policy's own window for all keys of this signatory; null is no bound. */
  readonly validFrom: UnixSeconds | null;
  readonly validUntil: UnixSeconds | null;
  /** Null where the signatures count on every commit. */
  readonly limit: MergeLimit | null;
  readonly keys: readonly SigningKey[];
  readonly sshRevocations?: SshRevocations | undefined;
}

/** On which merges alone a signatory's signatures count (trust rule 3.5). */
export type MergeLimit = 'merges' | 'up-to-date-merges';

/** How time bounds a key (trust rule 3.1). */
export type KeyTime = 'first-seen' | 'signature' | 'ignore';
