import { DecryptCommand } from '@aws-sdk/client-kms';
import { describe, expect, it } from 'vitest';
import { createKmsClient } from '../../../shared/kms/kms-client.ts';
import { createKmsSecretVault } from '../../../shared/kms/kms-secret-vault.ts';
import type { SecretVault } from '../../../shared/kms/secret-vault.ts';
import { createDynamoClient } from '../../../shared/store/dynamo-client.ts';
import { createDynamoSecretStore } from '../../../shared/store/dynamo-secret-store.ts';
import type { SecretPurpose } from '../../../shared/store/secret-store.ts';
import { TABLE, useEmbeddedServices } from '../../support/embedded-services.ts';

const services = useEmbeddedServices();
const MINUTE = 60_000;
const UPDATED = '2026-11-21T10:15:00.000Z';
const bytes = (text: string) => new TextEncoder().encode(text);

/** A vault on the embedded KMS whose Decrypt calls are counted and whose clock stands still until it is moved. */
function createVault() {
  const secretStore = createDynamoSecretStore(createDynamoClient(), TABLE);
  const client = createKmsClient();
  const { keyId } = services().createKey('SecretsKey', {});
  const state = { decrypts: 0, time: 0 };
  client.middlewareStack.add(
    (next, context) => async (args) => {
      if (context.commandName === DecryptCommand.name) state.decrypts += 1;
      return next(args);
    },
    { step: 'initialize' },
  );
  const vault = createKmsSecretVault(client, { secretStore, keyId, now: () => state.time });
  return { vault, secretStore, state };
}

async function store(vault: SecretVault, name: string, purpose: SecretPurpose, values: readonly Uint8Array[]) {
  const ciphertexts = await Promise.all(values.map((value) => vault.seal(name, purpose, value)));
  await createDynamoSecretStore(createDynamoClient(), TABLE).write({ name, purpose, ciphertexts, updated: UPDATED });
  return ciphertexts;
}

describe('createKmsSecretVault', () => {
  it('opens what it sealed, both values while rotating, the newest first', async () => {
    const { vault } = createVault();
    const [ciphertext] = await store(vault, 'rotating', 'webhook', [bytes('new ✓'), bytes('old')]);
    expect(await vault.open('rotating', 'webhook')).toEqual(['new ✓', 'old']);
    expect(Buffer.from(ciphertext ?? []).includes('new')).toBe(false);
  });

  it('has nothing for an unknown name, nor for a known name with another purpose', async () => {
    const { vault, state } = createVault();
    await store(vault, 'purposeful', 'git', [bytes('token')]);
    expect(await vault.open('unknown', 'git')).toBeNull();
    expect(await vault.open('purposeful', 'webhook')).toBeNull();
    expect(state.decrypts).toBe(0);
  });

  it.each([
    ['another name', 'copied-name', 'git'],
    ['another purpose', 'original', 'webhook'],
  ] as const)('does not open a ciphertext that was moved to %s, even after it was opened (rule 7.1)', async (_, name, purpose) => {
    const { vault, secretStore } = createVault();
    const ciphertexts = await store(vault, 'original', 'git', [bytes('token')]);
    expect(await vault.open('original', 'git')).toEqual(['token']);
    await secretStore.write({ name, purpose, ciphertexts, updated: UPDATED });
    await expect(vault.open(name, purpose)).rejects.toMatchObject({ code: 'unreadable_secret', kind: 'configuration' });
  });

  it('keeps an opened secret for five minutes at most, and sees a new value at once', async () => {
    const { vault, state } = createVault();
    await store(vault, 'cached', 'git', [bytes('first')]);
    await vault.open('cached', 'git');
    state.time += 5 * MINUTE - 1;
    await vault.open('cached', 'git');
    expect(state.decrypts).toBe(1);
    state.time += 1;
    await vault.open('cached', 'git');
    expect(state.decrypts).toBe(2);
    await store(vault, 'cached', 'git', [bytes('second')]);
    expect(await vault.open('cached', 'git')).toEqual(['second']);
  });

  it('does not hand over a plaintext that is no text, nor say what it is', async () => {
    const { vault } = createVault();
    await store(vault, 'binary', 'git', [Uint8Array.of(0xff, 0xfe)]);
    await expect(vault.open('binary', 'git')).rejects.toMatchObject({ code: 'unreadable_secret' });
  });

  it('cannot seal without a key, and says what to do', async () => {
    const secretStore = createDynamoSecretStore(createDynamoClient(), TABLE);
    const sealing = createKmsSecretVault(createKmsClient(), { secretStore }).seal('any', 'git', bytes('x'));
    await expect(sealing).rejects.toMatchObject({ code: 'missing_secret_key' });
  });
});
