import type { OpenPgpKey, Signatory } from '../model/signatory.ts';
import { ALGORITHM } from '../signatures/openpgp/algorithms.ts';

/** How people call the algorithm of a key that the policy lists: `RSA 4096`; null where it lists none of that fingerprint. */
export function nameAlgorithm(signatories: readonly Signatory[], fingerprint: string): string | null {
  const key = signatories.flatMap(({ keys }) => keys).find((one) => one.fingerprint === fingerprint);
  if (key === undefined || key.format === 'x509') return null;
  return key.format === 'ssh' ? key.type : nameOpenPgp(key);
}

function nameOpenPgp({ algorithm, bits }: OpenPgpKey): string {
  if (algorithm === ALGORITHM.rsa || algorithm === ALGORITHM.rsaSignOnly) return `RSA ${bits}`;
  if (algorithm === ALGORITHM.ecdsa) return `ECDSA ${bits}`;
  return algorithm === ALGORITHM.ed448 ? 'Ed448' : 'Ed25519';
}
