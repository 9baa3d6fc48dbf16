/** Public-key algorithms that sign (RFC 9580, section 9.1). */
export const ALGORITHM = {
  rsa: 1,
  rsaSignOnly: 3,
  elgamal: 16,
  dsa: 17,
  ecdsa: 19,
  elgamalSign: 20,
  eddsaLegacy: 22,
  ed25519: 27,
  ed448: 28,
} as const;

export interface HashAlgorithm {
  readonly name: 'sha256' | 'sha384' | 'sha512';
  readonly bits: number;
  /** Bytes of salt in a version 6 signature. */
  readonly saltBytes: number;
}

/** Hash algorithms that are accepted (RFC 9580, section 9.5). */
export const HASHES: ReadonlyMap<number, HashAlgorithm> = new Map([
  [8, { name: 'sha256', bits: 256, saltBytes: 16 }],
  [9, { name: 'sha384', bits: 384, saltBytes: 24 }],
  [10, { name: 'sha512', bits: 512, saltBytes: 32 }],
]);

/** Trust rule 2.5, and 2.2: shorter than 256 bits. */
export const WEAK_HASHES: ReadonlyMap<number, string> = new Map([
  [1, 'MD5'],
  [2, 'SHA-1'],
  [3, 'RIPEMD-160'],
  [11, 'SHA-224'],
]);

/** Trust rule 2.2. */
export const SIGNING_ALGORITHMS: ReadonlySet<number> = new Set([
  ALGORITHM.rsa,
  ALGORITHM.rsaSignOnly,
  ALGORITHM.ecdsa,
  ALGORITHM.eddsaLegacy,
  ALGORITHM.ed25519,
  ALGORITHM.ed448,
]);

/** Trust rule 2.5. */
export const WEAK_ALGORITHMS: ReadonlyMap<number, string> = new Map([
  [ALGORITHM.elgamal, 'Elgamal'],
  [ALGORITHM.dsa, 'DSA'],
  [ALGORITHM.elgamalSign, 'Elgamal'],
]);

export function isRsa(algorithm: number): boolean {
  return algorithm === ALGORITHM.rsa || algorithm === ALGORITHM.rsaSignOnly;
}
