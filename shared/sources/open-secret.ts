import type { SourceUnreachable } from '../git/commit-source.ts';
import type { SecretVault } from '../kms/secret-vault.ts';
import { HeadlockError } from '../model/headlock-error.ts';
import type { SecretRef } from '../model/policy.ts';
import type { SecretPurpose } from '../store/secret-store.ts';

/**
 * A secret's values, the newest first. A ciphertext that does not open under this name is as good as none; faults of KMS
 * itself are thrown.
 */
export async function openSecret(
  vault: Pick<SecretVault, 'open'>,
  { secretRef }: SecretRef,
  purpose: SecretPurpose,
): Promise<readonly string[] | SourceUnreachable> {
  const values = await vault.open(secretRef, purpose).catch((error: unknown) => {
    if (error instanceof HeadlockError && error.kind === 'configuration') return null;
    throw error;
  });
  if (values !== null && values.length > 0) return values;
  const message = `The secret ${secretRef} cannot be opened. Store it with \`headlock secret set ${secretRef} --purpose ${purpose}\`.`;
  return { kind: 'unreachable', cause: 'missing_secret', message };
}
