import { isUtf8 } from 'node:buffer';
import { DecryptCommand, EncryptCommand, InvalidCiphertextException, type KMSClient } from '@aws-sdk/client-kms';
import { HeadlockError } from '../model/headlock-error.ts';
import { createExpiringCache } from '../store/expiring-cache.ts';
import type { SecretPurpose, SecretStore } from '../store/secret-store.ts';
import type { SecretVault } from './secret-vault.ts';

export type SecretErrorCode =
  /** Nothing was named that could seal. */
  | 'missing_secret_key'
  /** KMS does not bind the stored ciphertext to this name and purpose, or its plaintext is no text. */
  | 'unreadable_secret';

export interface KmsSecretVaultOptions {
  readonly secretStore: Pick<SecretStore, 'read'>;
  /** The id, ARN or alias of the KMS key that seals. Opening needs none: a ciphertext names its own. */
  readonly keyId?: string;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

/** Of opened secrets (trust rule 7.1). */
const CACHE = { lifetimeMs: 5 * 60 * 1000, maxEntries: 1_000 };

/** Credentials sealed by KMS and kept in the secret store. */
export function createKmsSecretVault(client: KMSClient, options: KmsSecretVaultOptions): SecretVault {
  const now = options.now ?? Date.now;
  const cache = createExpiringCache<string>({ ...CACHE, now });

  const openOne = async (name: string, purpose: SecretPurpose, ciphertext: Uint8Array): Promise<string> => {
    // Name and purpose are in the key, else a ciphertext that was copied to another name would open from the cache.
    const key = JSON.stringify([name, purpose, Buffer.from(ciphertext).toString('base64')]);
    const cached = cache.get(key);
    if (cached !== null) return cached;
    const askedAt = now();
    const plaintext = await decrypt(client, name, purpose, ciphertext);
    cache.set(key, plaintext, askedAt);
    return plaintext;
  };

  return {
    async seal(name, purpose, plaintext) {
      if (options.keyId === undefined) throw createMissingKeyError();
      const { CiphertextBlob: ciphertext } = await client.send(
        new EncryptCommand({
          KeyId: options.keyId,
          Plaintext: plaintext,
          EncryptionContext: encryptionContext(name, purpose),
        }),
      );
      if (ciphertext === undefined) throw new Error('KMS answered without a ciphertext.');
      return ciphertext;
    },
    async open(name, purpose) {
      const secret = await options.secretStore.read(name);
      if (secret === null || secret.purpose !== purpose) return null;
      return Promise.all(secret.ciphertexts.map((ciphertext) => openOne(name, purpose, ciphertext)));
    },
  };
}

/** Trust rule 7.1: a ciphertext opens under the name and purpose that it was sealed for, and under no other. */
function encryptionContext(name: string, purpose: SecretPurpose): Record<string, string> {
  return { 'headlock:secret': name, 'headlock:purpose': purpose };
}

async function decrypt(
  client: KMSClient,
  name: string,
  purpose: SecretPurpose,
  ciphertext: Uint8Array,
): Promise<string> {
  const EncryptionContext = encryptionContext(name, purpose);
  try {
    const answer = await client.send(new DecryptCommand({ CiphertextBlob: ciphertext, EncryptionContext }));
    const plaintext = Buffer.from(answer.Plaintext ?? []);
    if (isUtf8(plaintext)) return plaintext.toString('utf8');
  } catch (error) {
    if (!(error instanceof InvalidCiphertextException)) throw error;
  }
  throw createUnreadableError(name);
}

function createMissingKeyError(): HeadlockError<SecretErrorCode> {
  return new HeadlockError(
    'missing_secret_key',
    'No KMS key is named that could seal a secret. Deploy the stack first.',
    {
      kind: 'configuration',
    },
  );
}

function createUnreadableError(name: string): HeadlockError<SecretErrorCode> {
  return new HeadlockError(
    'unreadable_secret',
    `The stored secret ${name} cannot be opened under its name and purpose. Set it again with \`headlock secret set ${name}\`.`,
    { kind: 'configuration' },
  );
}
