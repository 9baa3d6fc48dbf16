import type { Signatory, SigningKey } from '../../shared/model/signatory.ts';
import {
  type CompiledCertificates,
  compileCertificates,
} from '../../shared/signatures/openpgp/compile-certificates.ts';
import { exportPublicKey, type GpgKey } from './signing.ts';

/** A signatory of a policy, without any bound but what `overrides` says. */
export function createSignatory(keys: readonly SigningKey[], overrides: Partial<Signatory> = {}): Signatory {
  return {
    name: 'Alice',
    emails: ['alice@example.com'],
    matchEmail: false,
    validFrom: null,
    validUntil: null,
    limit: null,
    keys,
    ...overrides,
  };
}

/** A throw-away key's certificate as it stands now, exported and compiled. */
export async function compileGpgKey(key: GpgKey): Promise<CompiledCertificates> {
  return compileCertificates(await exportPublicKey(key));
}
