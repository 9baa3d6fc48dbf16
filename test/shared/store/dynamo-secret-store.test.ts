import { describe, expect, it } from 'vitest';
import { createDynamoClient } from '../../../shared/store/dynamo-client.ts';
import { createDynamoSecretStore } from '../../../shared/store/dynamo-secret-store.ts';
import type { SealedSecret } from '../../../shared/store/secret-store.ts';
import { TABLE, useEmbeddedServices } from '../../support/embedded-services.ts';

useEmbeddedServices();
const createStore = () => createDynamoSecretStore(createDynamoClient(), TABLE);

const SECRET: SealedSecret = {
  name: 'payments-webhook',
  purpose: 'webhook',
  ciphertexts: [Uint8Array.of(0, 255, 1), Uint8Array.of(2)],
  updated: '2026-11-21T10:15:00.000Z',
};

describe('createDynamoSecretStore', () => {
  it('brings back ciphertexts byte for byte, the newest first', async () => {
    const store = createStore();
    await store.write(SECRET);
    expect(await store.read(SECRET.name)).toEqual(SECRET);
    expect(await store.read('unknown')).toBeNull();
  });

  it('lists secrets by name and forgets those that were dropped', async () => {
    const store = createStore();
    await store.write({ ...SECRET, name: 'b' });
    await store.write({ ...SECRET, name: 'a', purpose: 'git', ciphertexts: [] });
    await store.write({ ...SECRET, name: 'dropped' });
    await store.drop('dropped');
    expect(await store.read('dropped')).toBeNull();
    expect((await store.list()).map((secret) => secret.name).filter((name) => name !== SECRET.name)).toEqual([
      'a',
      'b',
    ]);
  });
});
