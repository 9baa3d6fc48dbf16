import type { SecretPurpose } from '../store/secret-store.ts';

/** Seals and opens credentials under KMS with the encryption context `{headlock:secret, headlock:purpose}` (trust rule 7.1). */
export interface SecretVault {
  /** @returns the ciphertext of `plaintext` (at most 4,096 bytes). */
  seal(name: string, purpose: SecretPurpose, plaintext: Uint8Array): Promise<Uint8Array>;
  /** The secret's values, the newest first, in memory only; null where there is no secret of that name and purpose. */
  open(name: string, purpose: SecretPurpose): Promise<readonly string[] | null>;
}
