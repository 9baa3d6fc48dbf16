import { z } from 'zod';
import { AwsError } from '../aws-error.ts';
import { type Operations, operation } from '../operation.ts';
import { openCiphertext, readKeyId, sealPlaintext } from './ciphertext.ts';
import type { KeyRing, SecretKey } from './key-ring.ts';

const BYTES = z.base64().transform((text) => Buffer.from(text, 'base64'));
const CONTEXT = z.record(z.string(), z.string()).default({});

const ENCRYPT = z.object({
  KeyId: z.string(),
  Plaintext: BYTES.refine(({ length }) => length >= 1 && length <= 4096, 'must have 1 to 4096 bytes'),
  EncryptionContext: CONTEXT,
});

const DECRYPT = z.object({ KeyId: z.string().optional(), CiphertextBlob: BYTES, EncryptionContext: CONTEXT });

/** KMS for symmetric keys. Errors have AWS's names; `InvalidCiphertextException` has no message, there as here. */
export function createKms(keys: KeyRing): Operations {
  return {
    Encrypt: operation(ENCRYPT, 'ValidationException', ({ KeyId, Plaintext, EncryptionContext }) => {
      const key = findNamed(keys, KeyId);
      const blob = sealPlaintext(key, Plaintext, EncryptionContext);
      return { CiphertextBlob: blob.toString('base64'), KeyId: key.arn };
    }),
    Decrypt: operation(DECRYPT, 'ValidationException', ({ KeyId, CiphertextBlob, EncryptionContext }) => {
      const named = KeyId === undefined ? undefined : findNamed(keys, KeyId);
      const key = keys.find(readKeyId(CiphertextBlob));
      // A blob of a key that is not here says no more than a broken one.
      if (key === undefined) throw new AwsError('InvalidCiphertextException', '');
      if (named !== undefined && named.keyId !== key.keyId) {
        throw new AwsError('IncorrectKeyException', 'The key of the request is not the one that sealed this.');
      }
      const plaintext = openCiphertext(key, CiphertextBlob, EncryptionContext);
      return { Plaintext: plaintext.toString('base64'), KeyId: key.arn };
    }),
  };
}

function findNamed(keys: KeyRing, keyId: string): SecretKey {
  const key = keys.find(keyId);
  if (key !== undefined) return key;
  throw new AwsError('NotFoundException', `Key '${keyId}' does not exist`);
}
