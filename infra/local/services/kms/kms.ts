import { z } from 'zod';
import { AwsError } from '../aws-error.ts';
import { type Operations, operation } from '../operation.ts';
import { openCiphertext, readKeyId, sealPlaintext } from './ciphertext.ts';
import type { KeyRing } from './key-ring.ts';

const CONTEXT = z.record(z.string(), z.string()).default({});

const ENCRYPT = z.object({
  KeyId: z.string().min(1),
  Plaintext: z.base64().min(1),
  EncryptionContext: CONTEXT,
});

const DECRYPT = z.object({
  KeyId: z.string().min(1).optional(),
  CiphertextBlob: z.base64().min(1),
  EncryptionContext: CONTEXT,
});

const ALGORITHM = 'SYMMETRIC_DEFAULT';

/** KMS for symmetric keys. Errors have AWS's names; `InvalidCiphertextException` has no message, there as here. */
export function createKms(keys: KeyRing): Operations {
  return {
    Encrypt: operation(ENCRYPT, 'ValidationException', ({ KeyId, Plaintext, EncryptionContext }) => {
      const key = keys.find(KeyId);
      const plaintext = Buffer.from(Plaintext, 'base64');
      if (plaintext.length > 4096) {
        throw new AwsError('ValidationException', "Value at 'plaintext' must have length less than or equal to 4096");
      }
      const blob = sealPlaintext(key, plaintext, EncryptionContext);
      return { CiphertextBlob: blob.toString('base64'), KeyId: key.arn, EncryptionAlgorithm: ALGORITHM };
    }),
    Decrypt: operation(DECRYPT, 'ValidationException', ({ KeyId, CiphertextBlob, EncryptionContext }) => {
      const blob = Buffer.from(CiphertextBlob, 'base64');
      const named = KeyId === undefined ? null : keys.find(KeyId);
      const key = findKeyOf(keys, blob);
      if (named !== null && named.keyId !== key.keyId) {
        throw new AwsError(
          'IncorrectKeyException',
          'The key ID in the request does not identify a CMK that can perform this operation.',
        );
      }
      const plaintext = openCiphertext(key, blob, EncryptionContext);
      return { Plaintext: plaintext.toString('base64'), KeyId: key.arn, EncryptionAlgorithm: ALGORITHM };
    }),
  };
}

/** A blob of a key that is not here says no more than a broken one. */
function findKeyOf(keys: KeyRing, blob: Buffer): ReturnType<KeyRing['find']> {
  try {
    return keys.find(readKeyId(blob));
  } catch {
    throw new AwsError('InvalidCiphertextException', '');
  }
}
