/**
 * Bounds on everything that somebody else sizes (trust rule 4.7). Past a bound nothing is trusted.
 * Those in `BranchLimits` can be raised for a branch in the policy.
 */
export interface BranchLimits {
  /** Commits walked in one decision. */
  readonly commits: number;
  /** Bytes of one pack as it arrives. */
  readonly packBytes: number;
  /** Bytes of one inflated object. */
  readonly objectBytes: number;
  /** Bytes of one signature header. */
  readonly signatureBytes: number;
  /** Parents of one commit (an octopus merge). */
  readonly parents: number;
}

const MIB = 1024 * 1024;

export const DEFAULT_BRANCH_LIMITS: BranchLimits = {
  commits: 100_000,
  packBytes: 128 * MIB,
  objectBytes: MIB,
  signatureBytes: 64 * 1024,
  parents: 16,
};

/** Patterns of tags that a policy has for one repository. */
export const MAX_TAG_PATTERNS = 20;

/** Tags of one repository that are guarded: whoever may push makes any number of them. */
export const MAX_GUARDED_TAGS = 10_000;

/** A webhook's body; API Gateway and Lambda carry no more than 6 MB to a function. */
export const MAX_WEBHOOK_BYTES = 5 * MIB;

/** One file of public keys. */
export const MAX_KEY_FILE_BYTES = 32 * MIB;

/** One `allowed_signers` file or revocation list of SSH. */
export const MAX_SSH_FILE_BYTES = MIB;

/** One file of X.509 authorities, or one trusted root of Sigstore. */
export const MAX_X509_FILE_BYTES = MIB;

/** A `known_hosts` file, or the authorities of a private forge: an applied policy holds them, and an item of DynamoDB 400 kB. */
export const MAX_TRANSPORT_FILE_BYTES = 64 * 1024;

/** One `headlock.yaml`. */
export const MAX_POLICY_BYTES = MIB;

/** Characters of a name that a committer chose, as it is shown to people. */
export const MAX_CLAIM_LENGTH = 120;
