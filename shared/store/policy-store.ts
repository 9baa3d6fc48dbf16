import type { AppliedPolicy, RepositoryPolicy } from '../model/policy.ts';
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
