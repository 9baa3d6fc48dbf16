import { isUtf8 } from 'node:buffer';
import { parseAppKey } from '../../shared/forges/app-key.ts';
import { HeadlockError } from '../../shared/model/headlock-error.ts';
import type { SealedSecret, SecretPurpose } from '../../shared/store/secret-store.ts';
import type { Installation } from './installation.ts';

export interface SecretValue {
  readonly name: string;
  readonly purpose: SecretPurpose;
  readonly value: Uint8Array;
  /** Keeps the former value valid beside the new one, while a forge is being changed over. */
  readonly add: boolean;
  readonly now: Date;
}

/** KMS seals no more at once. */
const MAX_VALUE_BYTES = 4096;
const MAX_VALUES = 2;

/**
 * Seals a credential and stores it (trust rule 7.1).
 * @throws HeadlockError `invalid_secret`, `invalid_app_key` where the name or the value cannot be one; the value is never repeated
 */
export async function storeSecret(
  { name, purpose, value, add, now }: SecretValue,
  { secrets, vault }: Pick<Installation, 'secrets' | 'vault'>,
): Promise<SealedSecret> {
  assertSecret(name, value);
  // Said now, where somebody is at hand, and not at the first fetch.
  if (purpose === 'app') parseAppKey(Buffer.from(value).toString('utf8'));
  const former = add ? await secrets.read(name) : null;
  if (former !== null && former.purpose !== purpose) {
    throw invalid(`${name} is stored for ${former.purpose}. Choose another name, or replace it without --add.`);
  }
  const ciphertexts = [await vault.seal(name, purpose, value), ...(former?.ciphertexts ?? [])].slice(0, MAX_VALUES);
  const secret = { name, purpose, ciphertexts, updated: now.toISOString() };
  await secrets.write(secret);
  return secret;
}

function assertSecret(name: string, value: Uint8Array): void {
  if (!/^[a-z0-9][a-z0-9._-]{0,99}$/.test(name)) {
    throw invalid('Name a secret with lower-case letters, digits, `.`, `_` and `-`.');
  }
  if (value.length === 0) throw invalid('There is no value. Give it by standard input: `… | headlock secret set`.');
  if (value.length > MAX_VALUE_BYTES) throw invalid(`The value is longer than ${MAX_VALUE_BYTES} bytes.`);
  if (!isUtf8(value)) throw invalid('The value is no text in UTF-8. Encode it, in base64 for example.');
}

function invalid(message: string): HeadlockError<'invalid_secret'> {
  return new HeadlockError('invalid_secret', message, { kind: 'input' });
}
