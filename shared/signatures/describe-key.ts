import type { SigningKey } from '../model/signatory.ts';

/** An OpenPGP fingerprint or key id as people compare it. */
export function describeOpenPgpId(hex: string): string {
  return `0x${hex.toUpperCase()}`;
}

export function describeKey(key: SigningKey): string {
  return key.format === 'openpgp' ? describeOpenPgpId(key.fingerprint) : key.fingerprint;
}
