import type { Timestamp } from '../model/branch-state.ts';

/** What a credential is for: to authenticate deliveries, to fetch, to sign in as a GitHub App, to tell commit statuses, for the canary to push and sign. */
export type SecretPurpose = 'webhook' | 'git' | 'app' | 'status' | 'canary';

/** A stored credential: one ciphertext, or two while rotating, the newest first (trust rule 7.1). */
export interface SealedSecret {
  readonly name: string;
  readonly purpose: SecretPurpose;
  readonly ciphertexts: readonly Uint8Array[];
  readonly updated: Timestamp;
}

export interface SecretStore {
  read(name: string): Promise<SealedSecret | null>;
  list(): Promise<readonly SealedSecret[]>;
  write(secret: SealedSecret): Promise<void>;
  drop(name: string): Promise<void>;
}
