import { createHash } from 'node:crypto';
import { z } from 'zod';
import { AwsError } from '../aws-error.ts';
import { type Operations, operation } from '../operation.ts';
import { openCiphertext, readKeyId, sealPlaintext } from './ciphertext.ts';
import type { KeyRing, SecretKey, SigningKey } from './key-ring.ts';
import { signDigest } from './sign-digest.ts';

const BYTES = z.base64().transform((text) => Buffer.from(text, 'base64'));
const SHORT_BYTES = BYTES.refine(({ length }) => length >= 1 && length <= 4096, 'must have 1 to 4096 bytes');
const CONTEXT = z.record(z.string(), z.string()).default({});

const ENCRYPT = z.object({ KeyId: z.string(), Plaintext: SHORT_BYTES, EncryptionContext: CONTEXT });

const DECRYPT = z.object({ KeyId: z.string().optional(), CiphertextBlob: BYTES, EncryptionContext: CONTEXT });

const SIGN = z.object({
  KeyId: z.string(),
  Message: SHORT_BYTES,
  MessageType: z.enum(['RAW', 'DIGEST']).default('RAW'),
  SigningAlgorithm: z.string(),
});

const NAMED = z.object({ KeyId: z.string() });

const SIGNING_ALGORITHM = 'ECDSA_SHA_256';
const DIGEST_BYTES = 32;

/**
 * KMS for symmetric keys, and for those that sign over P-256. Errors have AWS's names; `InvalidCiphertextException` has no
 * message, there as here.
 */
export function createKms(keys: KeyRing): Operations {
  return {
    Encrypt: operation(ENCRYPT, 'ValidationException', ({ KeyId, Plaintext, EncryptionContext }) => {
      const key = findSecretKey(keys, KeyId, 'Encrypt');
      const blob = sealPlaintext(key, Plaintext, EncryptionContext);
      return { CiphertextBlob: blob.toString('base64'), KeyId: key.arn };
    }),
    Decrypt: operation(DECRYPT, 'ValidationException', ({ KeyId, CiphertextBlob, EncryptionContext }) => {
      const named = KeyId === undefined ? undefined : findSecretKey(keys, KeyId, 'Decrypt');
      const key = keys.find(readKeyId(CiphertextBlob));
      // A blob of a key that is not here says no more than a broken one.
      if (key?.spec !== 'SYMMETRIC_DEFAULT') throw new AwsError('InvalidCiphertextException', '');
      if (named !== undefined && named.keyId !== key.keyId) {
        throw new AwsError('IncorrectKeyException', 'The key of the request is not the one that sealed this.');
      }
      const plaintext = openCiphertext(key, CiphertextBlob, EncryptionContext);
      return { Plaintext: plaintext.toString('base64'), KeyId: key.arn };
    }),
    Sign: operation(SIGN, 'ValidationException', ({ KeyId, Message, MessageType, SigningAlgorithm }) => {
      const key = findSigningKey(keys, KeyId, 'Sign');
      if (SigningAlgorithm !== SIGNING_ALGORITHM) {
        throw new AwsError(
          'InvalidKeyUsageException',
          `Algorithm ${SigningAlgorithm} is incompatible with ${key.spec}.`,
        );
      }
      if (MessageType === 'DIGEST' && Message.length !== DIGEST_BYTES) {
        throw new AwsError('ValidationException', `Digest is invalid length for algorithm ${SigningAlgorithm}.`);
      }
      const digest = MessageType === 'DIGEST' ? Message : createHash('sha256').update(Message).digest();
      return { KeyId: key.arn, Signature: signDigest(key.secret, digest).toString('base64'), SigningAlgorithm };
    }),
    DescribeKey: operation(NAMED, 'ValidationException', ({ KeyId }) => {
      const { keyId, arn, spec } = findNamed(keys, KeyId);
      const KeyUsage = spec === 'SYMMETRIC_DEFAULT' ? 'ENCRYPT_DECRYPT' : 'SIGN_VERIFY';
      // Nobody disables a key here.
      const state = { Enabled: true, KeyState: 'Enabled' };
      return { KeyMetadata: { KeyId: keyId, Arn: arn, KeySpec: spec, KeyUsage, ...state } };
    }),
    GetPublicKey: operation(NAMED, 'ValidationException', ({ KeyId }) => {
      const key = findNamed(keys, KeyId);
      if (key.spec === 'SYMMETRIC_DEFAULT') {
        throw new AwsError('UnsupportedOperationException', `${key.arn} is symmetric: it has no public key.`);
      }
      return {
        KeyId: key.arn,
        PublicKey: key.publicKey.export({ type: 'spki', format: 'der' }).toString('base64'),
        KeySpec: key.spec,
        KeyUsage: 'SIGN_VERIFY',
        SigningAlgorithms: [SIGNING_ALGORITHM],
      };
    }),
  };
}

function findSecretKey(keys: KeyRing, keyId: string, use: string): SecretKey {
  const key = findNamed(keys, keyId);
  if (key.spec === 'SYMMETRIC_DEFAULT') return key;
  throw createUsageError(key, 'SIGN_VERIFY', use);
}

function findSigningKey(keys: KeyRing, keyId: string, use: string): SigningKey {
  const key = findNamed(keys, keyId);
  if (key.spec === 'ECC_NIST_P256') return key;
  throw createUsageError(key, 'ENCRYPT_DECRYPT', use);
}

function createUsageError({ arn }: SecretKey | SigningKey, usage: string, use: string): AwsError {
  return new AwsError('InvalidKeyUsageException', `${arn} key usage is ${usage} which is not valid for ${use}.`);
}

function findNamed(keys: KeyRing, keyId: string): SecretKey | SigningKey {
  const key = keys.find(keyId);
  if (key !== undefined) return key;
  throw new AwsError('NotFoundException', `Key '${keyId}' does not exist`);
}
