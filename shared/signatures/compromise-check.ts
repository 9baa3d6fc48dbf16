import type { OpenPgpKey, Signatory } from '../model/signatory.ts';
import type { SignatureKeys } from '../model/verdict.ts';
import { createRevokedKeysCheck } from './ssh/revocation-check.ts';

/** Whether a signature that rests on these keys is void, whenever it was made (trust rule 3.3). */
export type CompromiseCheck = (keys: SignatureKeys) => boolean;

/**
 * What the policy says now of keys that signed before: marked as compromised, revoked hard, or on an SSH revocation list. Null
 * where it says so of none.
 * @param compromisedKeys - fingerprints
 */
export function createCompromiseCheck(
  signatories: readonly Signatory[],
  compromisedKeys: readonly string[],
): CompromiseCheck | null {
  const marked = new Set(compromisedKeys);
  const keys = signatories.flatMap((signatory) => signatory.keys);
  const revoked = new Set(
    keys
      .filter((key) => key.format === 'openpgp')
      .filter(isRevokedHard)
      .map(holdingOf),
  );
  const isSshRevoked = createRevokedKeysCheck(
    signatories.flatMap(({ sshRevocations }) => sshRevocations ?? []),
    keys.filter((key) => key.format === 'ssh'),
  );
  if (marked.size === 0 && revoked.size === 0 && isSshRevoked === null) return null;
  return (signed) => {
    const { fingerprint, certifiedBy, others = [] } = signed;
    const primaryFingerprint = certifiedBy ?? fingerprint;
    if ([fingerprint, primaryFingerprint, ...others].some((key) => marked.has(key))) return true;
    if (revoked.has(holdingOf({ primaryFingerprint, fingerprint }))) return true;
    if (revoked.has(holdingOf({ primaryFingerprint, fingerprint: primaryFingerprint }))) return true;
    // In a certificate of its own its owner speaks, whoever else holds it.
    if (revoked.has(holdingOf({ primaryFingerprint: fingerprint, fingerprint }))) return true;
    return isSshRevoked?.(signed) === true;
  };
}

function isRevokedHard({ revocation }: OpenPgpKey): boolean {
  return revocation?.kind === 'hard';
}

/** A key counts under each primary key that holds it by itself. */
function holdingOf({
  primaryFingerprint,
  fingerprint,
}: Pick<OpenPgpKey, 'primaryFingerprint' | 'fingerprint'>): string {
  return `${primaryFingerprint}:${fingerprint}`;
}
