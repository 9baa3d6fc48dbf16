import { describe, expect, it } from 'vitest';
import { createDynamoClient } from '../../../shared/store/dynamo-client.ts';
import { createDynamoTokenStore } from '../../../shared/store/dynamo-token-store.ts';
import type { AgentToken } from '../../../shared/store/token-store.ts';
import { createTokenText, hashTokenText, isTokenText } from '../../../shared/store/token-text.ts';
import { TABLE, useEmbeddedServices } from '../../support/embedded-services.ts';

useEmbeddedServices();
const createStore = () => createDynamoTokenStore(createDynamoClient(), TABLE);

const createToken = (name: string): AgentToken => ({
  sha256: hashTokenText(createTokenText()),
  name,
  repositories: ['payments'],
  created: `2026-11-21T10:15:00.00${name.length}Z`,
  expires: '2027-02-19T10:15:00.000Z',
  revoked: null,
});

describe('createDynamoTokenStore', () => {
  it('brings back tokens by the hash of their text, and lists them by age', async () => {
    const store = createStore();
    const tokens = [createToken('second'), createToken('first')];
    for (const token of tokens) await store.create(token);
    expect(await store.read(tokens[0]?.sha256 ?? '')).toEqual(tokens[0]);
    expect(await store.list()).toEqual(tokens.toReversed());
    expect(await store.read('0'.repeat(64))).toBeNull();
  });

  it('keeps the time at which a token was revoked first', async () => {
    const store = createStore();
    const token = createToken('revoked');
    await store.create(token);
    await store.revoke(token.sha256, '2026-12-01T00:00:00.000Z');
    await store.revoke(token.sha256, '2027-01-01T00:00:00.000Z');
    expect(await store.read(token.sha256)).toEqual({ ...token, revoked: '2026-12-01T00:00:00.000Z' });
  });

  it('refuses to create a token twice, which could undo a revocation, and to revoke one that does not exist', async () => {
    const store = createStore();
    const token = createToken('twice');
    await store.create(token);
    await expect(store.create(token)).rejects.toMatchObject({ code: 'existing_token' });
    const revoking = store.revoke('0'.repeat(64), '2026-12-01T00:00:00.000Z');
    await expect(revoking).rejects.toMatchObject({ code: 'unknown_token' });
  });
});

describe('createTokenText', () => {
  it('makes texts that are tokens and never the same', () => {
    const texts = Array.from({ length: 100 }, createTokenText);
    expect(texts.every(isTokenText)).toBe(true);
    expect(new Set(texts).size).toBe(texts.length);
    expect(texts[0]).toMatch(/^hl_.{43}$/);
  });
});
