import type { AppliedPolicy, RepositoryPolicy, SecretRef } from '../model/policy.ts';
import type { Signatory } from '../model/signatory.ts';

/** Versions of a repository's policy with their compiled keyrings. Versions are only added. */
export interface PolicyStore {
  /** The names of all repositories that ever had a policy and still have one. */
  listRepositories(): Promise<readonly string[]>;
  /** The current policy without its keyring: what the webhook needs. */
  readPolicy(repository: string): Promise<{ readonly version: number; readonly policy: RepositoryPolicy } | null>;
  /** A consistent read of the current policy with its keyring; null where there is none. */
  readApplied(repository: string): Promise<AppliedPolicy | null>;
  /** Adds the version after `expectedVersion` (0: the first) and makes it current. Returns it, or null where somebody else applied first. */
  add(
    policy: RepositoryPolicy,
    signatories: readonly Signatory[],
    expectedVersion: number,
  ): Promise<AppliedPolicy | null>;
  /** Takes the repository out of the installation; its versions stay. */
  retire(repository: string): Promise<void>;
}

/** Which repositories the applied policies have fetched by which GitHub App: what the one webhook of an app needs. */
export interface AppDirectory {
  /** The secret of the app's webhook; null where it has none, or where no policy names the app. */
  readWebhook(app: string): Promise<SecretRef | null>;
  /**
   * The repositories that the app fetches from a URL, as `normalizeRepositoryUrl` writes it. One may have left the app since:
   * its policy says so.
   */
  findRepositories(app: string, url: string): Promise<readonly string[]>;
}
