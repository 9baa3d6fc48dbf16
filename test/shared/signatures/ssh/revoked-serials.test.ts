import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { SerialRange } from '../../../../shared/model/signatory.ts';
import { createRevokedKeysCheck } from '../../../../shared/signatures/ssh/revocation-check.ts';
import { SEED } from '../../../support/seed.ts';

const AUTHORITY = 'SHA256:authority';

/** Trust rule 2.3: a list of ranges names a serial number in whatever order they stand and however they overlap. */
it('finds a revoked serial as a look at each range would', () => {
  const range = fc.tuple(fc.nat(60), fc.nat(9)).map(([first, more]) => [String(first), String(first + more)] as const);
  fc.assert(
    fc.property(fc.array(range, { maxLength: 12 }), (serials) => {
      for (let serial = 1; serial <= 72; serial += 1)
        expect(isRevoked(serials, serial)).toBe(isListed(serials, serial));
    }),
    { seed: SEED },
  );
});

function isRevoked(serials: readonly SerialRange[], serial: number): boolean {
  const lists = [{ fingerprints: [], certificates: [{ authority: null, serials, keyIds: [] }] }];
  const certificate = { serial: String(serial), keyId: 'YWxpY2U=' };
  return (
    createRevokedKeysCheck(lists, [])?.({ fingerprint: 'SHA256:key', certifiedBy: AUTHORITY, certificate }) === true
  );
}

function isListed(serials: readonly SerialRange[], serial: number): boolean {
  return serials.some(([first, last]) => Number(first) <= serial && serial <= Number(last));
}
