import type { BranchLimits } from './limits.ts';
import type { Oid } from './oid.ts';
import type { KeyTime, Signatory } from './signatory.ts';

/** Which commits must verify for a candidate (trust rule 4.1). */
export type Mode = 'all' | 'first-parent' | 'head';

/** Whether a lock holds the published revision, or is only reported (trust rule 4.6). */
export type Enforcement = 'enforce' | 'report';

export const PROVIDERS = ['github', 'gitlab', 'gitea', 'forgejo', 'bitbucket', 'generic'] as const;

/** Whose webhooks a repository sends. */
export type Provider = (typeof PROVIDERS)[number];

/** The name of a sealed secret (trust rule 7.1). */
export interface SecretRef {
  readonly secretRef: string;
}

/** A GitHub App: it signs in with its private key, and fetches each repository with a token for that one alone. */
export interface GitHubApp {
  readonly name: string;
  /** Its app id or its client id. */
  readonly appId: string;
  readonly privateKey: SecretRef;
  /** Of the one webhook that tells of all its repositories. */
  readonly webhook: SecretRef | null;
  /** The base of the REST API, without a slash at its end. */
  readonly apiUrl: string;
}

export interface SshCredentials {
  readonly sshKey: SecretRef;
  readonly passphrase: SecretRef | null;
  /** The lines of a `known_hosts` file. */
  readonly knownHosts: string;
}

/** By what a repository is fetched. Of these forms only `SshCredentials` go with an ssh URL, and the others with http(s). */
export type GitCredentials =
  | { readonly username: string; readonly password: SecretRef }
  | { readonly bearer: SecretRef }
  | { readonly app: GitHubApp }
  | SshCredentials;

/** Whose token tells the forge a commit's status: null is the repository's own credentials, which are none of SSH. */
export interface CommitStatusPolicy {
  readonly token: SecretRef | null;
}

export interface BranchPolicy {
  readonly name: string;
  readonly mode: Mode;
  readonly anchor: Oid;
  readonly enforcement: Enforcement;
  readonly keyTime: KeyTime;
  readonly matchEmail: boolean;
  /** The signatories of whom one must have signed what is published; null where every signatory may (trust rule 4.8). */
  readonly publishers: readonly string[] | null;
  readonly limits: BranchLimits;
}

/** Which tags are guarded, and how (trust rule 4.9). */
export interface TagPolicy {
  /** A tag's whole name, without `refs/tags/`; `*` stands for any characters. */
  readonly pattern: string;
  /** Whose signatures must be proven: the tag's, or also that of its commit. */
  readonly verify: 'tag' | 'tag-and-commit';
  readonly keyTime: KeyTime;
}

/** An operator vouches for this full id against any reason of a signature or a key (trust rule 2.7). */
export interface AcceptedCommit {
  readonly commit: Oid;
  readonly reason: string;
}

/** Never trusted (trust rule 2.7). The SHA-256 of the signed payload, hexadecimal, also finds the commit under another id. */
export type DeniedCommit =
  | { readonly commit: Oid; readonly reason: string }
  | { readonly payloadSha256: string; readonly reason: string };

/** What guards one repository. Versions are only ever added (architecture, part 3). */
export interface RepositoryPolicy {
  readonly repository: string;
  /** This installation's name in statements. */
  readonly verifier: string;
  readonly url: string;
  readonly provider: Provider;
  readonly credentials: GitCredentials | null;
  readonly webhook: SecretRef | null;
  /** Whether, and by whose token, the forge is told what was decided of a commit. */
  readonly commitStatus: CommitStatusPolicy | null;
  /** Certificates in PEM that are trusted beside the public authorities when this forge is called. */
  readonly certificateAuthority: string | null;
  /** The base of the forge's REST API, without a slash at its end, where the URL does not tell it. */
  readonly apiUrl: string | null;
  readonly branches: readonly BranchPolicy[];
  readonly tags: readonly TagPolicy[];
  readonly accepted: readonly AcceptedCommit[];
  /** Wins over `accepted`. */
  readonly denied: readonly DeniedCommit[];
  /**
   * Fingerprints of keys whose signatures are all void (trust rule 3.3), of primary keys and SSH authorities too: lower-case
   * hexadecimal OpenPGP fingerprints, or `SHA256:…` of SSH keys.
   */
  readonly compromisedKeys: readonly string[];
}

/** A policy with its compiled keyring, as the verify path reads it. */
export interface AppliedPolicy {
  /** Counts from 1 in each repository. */
  readonly version: number;
  readonly policy: RepositoryPolicy;
  readonly signatories: readonly Signatory[];
}
