import { createHash, createPublicKey, verify } from 'node:crypto';
import {
  DecryptCommand,
  DescribeKeyCommand,
  EncryptCommand,
  GetPublicKeyCommand,
  InvalidCiphertextException,
  InvalidKeyUsageException,
  KMSClient,
  NotFoundException,
  SignCommand,
  type SignCommandInput,
  UnsupportedOperationException,
} from '@aws-sdk/client-kms';
import { afterAll, describe, expect, test } from 'vitest';
import { connect } from './connect.ts';

const cloud = await connect();
const client = new KMSClient(cloud.settings);
const key = await cloud.createKey('ECC_NIST_P256');
const otherKey = await cloud.createKey('ECC_NIST_P256');
const symmetricKey = await cloud.createKey();
afterAll(cloud.close);

const MESSAGE = new TextEncoder().encode('DSSEv1 \0 ü');
const DIGEST = createHash('sha256').update(MESSAGE).digest();

async function sign(changes: Partial<SignCommandInput> = {}): Promise<Uint8Array> {
  const input: SignCommandInput = { KeyId: key, Message: MESSAGE, SigningAlgorithm: 'ECDSA_SHA_256', ...changes };
  const { KeyId, SigningAlgorithm, Signature = new Uint8Array() } = await client.send(new SignCommand(input));
  expect({ KeyId, SigningAlgorithm }).toEqual({ KeyId: key, SigningAlgorithm: 'ECDSA_SHA_256' });
  return Signature;
}

async function readPublicKey(KeyId: string) {
  const answer = await client.send(new GetPublicKeyCommand({ KeyId }));
  const { KeySpec: spec, KeyUsage: usage, SigningAlgorithms: algorithms, PublicKey: der = new Uint8Array() } = answer;
  expect({ spec, usage, algorithms, keyId: answer.KeyId }).toEqual({
    ...{ spec: 'ECC_NIST_P256', usage: 'SIGN_VERIFY', algorithms: ['ECDSA_SHA_256'], keyId: KeyId },
  });
  return createPublicKey({ key: Buffer.from(der), format: 'der', type: 'spki' });
}

describe('Sign and GetPublicKey', () => {
  test('make a signature in DER that the public key verifies, over a message or its digest', async () => {
    const publicKey = await readPublicKey(key);
    expect(publicKey.asymmetricKeyDetails).toEqual({ namedCurve: 'prime256v1' });
    for (let round = 0; round < 8; round += 1) {
      const signatures = [await sign(), await sign({ Message: DIGEST, MessageType: 'DIGEST' })];
      for (const signature of signatures) {
        expect(verify('sha256', MESSAGE, { key: publicKey, dsaEncoding: 'der' }, signature)).toBe(true);
        expect(verify('sha256', DIGEST, { key: publicKey, dsaEncoding: 'der' }, signature)).toBe(false);
      }
    }
    const other = await readPublicKey(otherKey);
    expect(verify('sha256', MESSAGE, { key: other, dsaEncoding: 'der' }, await sign())).toBe(false);
  });

  test('take the key by its id, and never sign twice alike', async () => {
    const [first, second] = [await sign({ KeyId: key.slice(key.lastIndexOf('/') + 1) }), await sign()];
    expect(Buffer.from(first).equals(Buffer.from(second))).toBe(false);
  });

  test('take messages of 1 to 4,096 bytes, and digests of 32', async () => {
    const largest = new Uint8Array(4096).fill(7);
    const publicKey = await readPublicKey(key);
    expect(verify('sha256', largest, { key: publicKey, dsaEncoding: 'der' }, await sign({ Message: largest }))).toBe(
      true,
    );
    for (const Message of [new Uint8Array(4097), new Uint8Array()])
      await expect(sign({ Message })).rejects.toMatchObject({ name: 'ValidationException' });
    for (const length of [20, 31, 33, 64]) {
      const digest = { Message: new Uint8Array(length), MessageType: 'DIGEST' as const };
      await expect(sign(digest)).rejects.toMatchObject({ name: 'ValidationException' });
    }
  });

  test('name the wrong algorithm, the wrong use and the unknown key', async () => {
    await expect(sign({ SigningAlgorithm: 'ECDSA_SHA_384' })).rejects.toBeInstanceOf(InvalidKeyUsageException);
    await expect(sign({ KeyId: symmetricKey })).rejects.toBeInstanceOf(InvalidKeyUsageException);
    const unknown = `${key.slice(0, -12)}000000000000`;
    await expect(sign({ KeyId: unknown })).rejects.toBeInstanceOf(NotFoundException);
    await expect(readPublicKey(unknown)).rejects.toBeInstanceOf(NotFoundException);
    await expect(readPublicKey(symmetricKey)).rejects.toBeInstanceOf(UnsupportedOperationException);
  });

  test('are described by kind and state', async () => {
    const describe = async (KeyId: string) => (await client.send(new DescribeKeyCommand({ KeyId }))).KeyMetadata;
    const usable = { Enabled: true, KeyState: 'Enabled' };
    expect(await describe(key)).toMatchObject({
      Arn: key,
      KeySpec: 'ECC_NIST_P256',
      KeyUsage: 'SIGN_VERIFY',
      ...usable,
    });
    const symmetric = { KeySpec: 'SYMMETRIC_DEFAULT', KeyUsage: 'ENCRYPT_DECRYPT' };
    expect(await describe(symmetricKey)).toMatchObject({ Arn: symmetricKey, ...symmetric, ...usable });
    await expect(describe(`${key.slice(0, -12)}000000000000`)).rejects.toBeInstanceOf(NotFoundException);
  });

  test('do not let a key that signs seal or open anything', async () => {
    const seal = (KeyId: string) => client.send(new EncryptCommand({ KeyId, Plaintext: MESSAGE }));
    await expect(seal(key)).rejects.toBeInstanceOf(InvalidKeyUsageException);
    const { CiphertextBlob: blob = new Uint8Array() } = await seal(symmetricKey);
    const renamed = Buffer.from(blob);
    Buffer.from(key.slice(key.lastIndexOf('/') + 1).replaceAll('-', ''), 'hex').copy(renamed);
    const open = (changes: object) => client.send(new DecryptCommand({ CiphertextBlob: blob, ...changes }));
    await expect(open({ KeyId: key })).rejects.toBeInstanceOf(InvalidKeyUsageException);
    await expect(open({ CiphertextBlob: renamed })).rejects.toBeInstanceOf(InvalidCiphertextException);
  });
});
