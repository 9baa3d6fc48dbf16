import {
  DecryptCommand,
  EncryptCommand,
  IncorrectKeyException,
  InvalidCiphertextException,
  KMSClient,
  NotFoundException,
} from '@aws-sdk/client-kms';
import { afterAll, describe, expect, test } from 'vitest';
import { connect } from './connect.ts';

const cloud = await connect();
const client = new KMSClient(cloud.settings);
const key = await cloud.createKey();
const otherKey = await cloud.createKey();
afterAll(cloud.close);

type Context = Record<string, string>;
const SECRET = new TextEncoder().encode('s3cret \0 ü');
const CONTEXT: Context = { 'headlock:secret': 'payments', 'headlock:purpose': 'webhook' };

async function encrypt(plaintext = SECRET, EncryptionContext = CONTEXT, KeyId = key): Promise<Uint8Array> {
  const answer = await client.send(new EncryptCommand({ KeyId, Plaintext: plaintext, EncryptionContext }));
  expect(answer.KeyId).toBe(KeyId);
  return answer.CiphertextBlob ?? new Uint8Array();
}

async function decrypt(CiphertextBlob: Uint8Array, EncryptionContext: Context | undefined = CONTEXT, KeyId?: string) {
  const answer = await client.send(new DecryptCommand({ CiphertextBlob, EncryptionContext, KeyId }));
  expect(answer.KeyId).toBe(key);
  return answer.Plaintext;
}

describe('Encrypt and Decrypt', () => {
  test('give the plaintext back, with or without the key’s name', async () => {
    const blob = await encrypt();
    expect(await decrypt(blob)).toEqual(SECRET);
    expect(await decrypt(blob, CONTEXT, key)).toEqual(SECRET);
    expect(await decrypt(blob, CONTEXT, key.slice(key.lastIndexOf('/') + 1))).toEqual(SECRET);
  });

  test('never make the same ciphertext twice, nor show the plaintext in it', async () => {
    const [first, second] = [Buffer.from(await encrypt()), Buffer.from(await encrypt())];
    expect(first.equals(second)).toBe(false);
    expect(first.includes(Buffer.from(SECRET))).toBe(false);
  });

  test('do not mind the order of the context’s pairs', async () => {
    const reversed = Object.fromEntries(Object.entries(CONTEXT).reverse());
    expect(await decrypt(await encrypt(), reversed)).toEqual(SECRET);
  });

  test.each<[string, Context | undefined]>([
    ['no', undefined],
    ['an empty', {}],
    ['another purpose in the', { ...CONTEXT, 'headlock:purpose': 'git' }],
    ['another name in the', { ...CONTEXT, 'headlock:secret': 'payments2' }],
    ['one pair fewer in the', { 'headlock:secret': 'payments' }],
    ['one pair more in the', { ...CONTEXT, more: '1' }],
  ])('with %s context opens nothing', async (_, context) => {
    const command = new DecryptCommand({ CiphertextBlob: await encrypt(), EncryptionContext: context });
    await expect(client.send(command)).rejects.toBeInstanceOf(InvalidCiphertextException);
  });

  test.each([
    ',',
    '=',
    '&',
    ':',
    '","',
    '"],["',
    '\n',
    '',
  ])('never take two pairs for one joined by %j', async (separator) => {
    const blob = await encrypt(SECRET, { a: '1', b: '2' });
    const joined = { a: ['1', 'b', '2'].join(separator) };
    await expect(decrypt(blob, joined)).rejects.toBeInstanceOf(InvalidCiphertextException);
  });

  test('open nothing that was changed in any byte, cut or made longer', async () => {
    const blob = Buffer.from(await encrypt());
    const changed = Array.from(blob, (byte, index) => {
      const copy = Buffer.from(blob);
      copy[index] = byte ^ 1;
      return copy;
    });
    const cut = Array.from({ length: blob.length - 1 }, (_, index) => blob.subarray(0, index + 1));
    for (const broken of [...changed, ...cut, Buffer.concat([blob, Buffer.from([0])])]) {
      await expect(decrypt(broken)).rejects.toBeInstanceOf(InvalidCiphertextException);
    }
  });

  test('name the wrong key and the unknown key', async () => {
    const blob = await encrypt();
    await expect(decrypt(blob, CONTEXT, otherKey)).rejects.toBeInstanceOf(IncorrectKeyException);
    const unknown = `${key.slice(0, -12)}000000000000`;
    await expect(decrypt(blob, CONTEXT, unknown)).rejects.toBeInstanceOf(NotFoundException);
    await expect(encrypt(SECRET, CONTEXT, unknown)).rejects.toBeInstanceOf(NotFoundException);
  });

  test('take 1 to 4,096 bytes', async () => {
    const largest = new Uint8Array(4096).fill(7);
    expect(await decrypt(await encrypt(largest))).toEqual(largest);
    await expect(encrypt(new Uint8Array(4097))).rejects.toMatchObject({ name: 'ValidationException' });
    await expect(encrypt(new Uint8Array())).rejects.toMatchObject({ name: 'ValidationException' });
  });
});
