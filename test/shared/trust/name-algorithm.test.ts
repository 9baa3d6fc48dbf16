import { expect, it } from 'vitest';
import type { OpenPgpKey, Signatory, SigningKey, X509Identity } from '../../../shared/model/signatory.ts';
import { ALGORITHM } from '../../../shared/signatures/openpgp/algorithms.ts';
import { nameAlgorithm } from '../../../shared/trust/name-algorithm.ts';

const openPgp = (algorithm: number, bits: number) =>
  ({ format: 'openpgp', fingerprint: 'aa', algorithm, bits }) as OpenPgpKey;
const ringOf = (key: SigningKey) => [{ keys: [key] as readonly SigningKey[] } as Signatory];

it.each([
  [openPgp(ALGORITHM.rsa, 4096), 'RSA 4096'],
  [openPgp(ALGORITHM.rsaSignOnly, 2048), 'RSA 2048'],
  [openPgp(ALGORITHM.ecdsa, 384), 'ECDSA 384'],
  [openPgp(ALGORITHM.eddsaLegacy, 256), 'Ed25519'],
  [openPgp(ALGORITHM.ed25519, 256), 'Ed25519'],
  [openPgp(ALGORITHM.ed448, 448), 'Ed448'],
  [{ format: 'x509', fingerprint: 'aa' } as X509Identity, null],
  [{ format: 'ssh', fingerprint: 'aa', type: 'ssh-ed25519', blob: '' } as const, 'ssh-ed25519'],
])('names the algorithm of a key: %o', (key, name) => {
  expect(nameAlgorithm(ringOf(key), 'aa')).toBe(name);
  expect(nameAlgorithm(ringOf(key), 'bb')).toBeNull();
});
