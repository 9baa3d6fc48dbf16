import type { Signatory } from '../../model/signatory.ts';
import type { X509Certificate } from './parse-certificate.ts';
import type { SigstoreProof } from './sigstore.ts';

let sigstore: typeof import('./sigstore.ts') | null = null;

/** Loads Sigstore's library where one of these needs it: it is large, and most policies do without. To be awaited before a keyring is made. */
export async function loadSigstore(signatories: readonly Signatory[]): Promise<void> {
  const isNeeded = signatories.some(({ keys }) =>
    keys.some((key) => key.format === 'x509' && key.trust.kind === 'sigstore'),
  );
  if (isNeeded) sigstore ??= await import('./sigstore.ts');
}

/** @throws Error where the library is not loaded, or the root is none */
export function createSigstoreProof(
  trustedRoot: string,
  isCompromised: (certificate: X509Certificate) => boolean,
): SigstoreProof {
  if (sigstore === null) throw new Error('Sigstore is not loaded, and the policy names it.');
  return sigstore.createSigstoreProof(trustedRoot, isCompromised);
}
