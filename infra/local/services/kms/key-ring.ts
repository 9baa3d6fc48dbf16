import { randomBytes, randomUUID } from 'node:crypto';
import { z } from 'zod';
import { createArn } from '../arn.ts';
import { parseProperties, type ResourceProperties } from '../resource-properties.ts';
import { readSecretFile, writeSecretFile } from '../secret-file.ts';

export interface Key {
  readonly keyId: string;
  readonly arn: string;
}

export interface SecretKey extends Key {
  readonly secret: Buffer;
}

export type KeyRing = ReturnType<typeof openKeyRing>;

const PROPERTIES = z.object({
  KeySpec: z.literal('SYMMETRIC_DEFAULT').optional(),
  KeyUsage: z.literal('ENCRYPT_DECRYPT').optional(),
});

const STORED_KEYS = z.array(z.object({ logicalId: z.string(), keyId: z.uuid(), secret: z.base64().length(44) }));

/** The keys of a data folder, in one file that only its owner can read. */
export function openKeyRing(path: string) {
  const keys = readSecretFile(path, STORED_KEYS) ?? [];
  return {
    /** Makes an `AWS::KMS::Key` where the template's `logicalId` has none yet: a key has no name of its own. */
    ensure(logicalId: string, properties: ResourceProperties): Key {
      parseProperties('KMS key', PROPERTIES, properties);
      const known = keys.find((key) => key.logicalId === logicalId);
      if (known !== undefined) return { keyId: known.keyId, arn: arnOf(known.keyId) };
      const keyId = randomUUID();
      keys.push({ logicalId, keyId, secret: randomBytes(32).toString('base64') });
      writeSecretFile(path, keys);
      return { keyId, arn: arnOf(keyId) };
    },
    /** @param wanted - id or ARN. */
    find(wanted: string): SecretKey | undefined {
      const key = keys.find(({ keyId }) => keyId === wanted || arnOf(keyId) === wanted);
      return key && { keyId: key.keyId, arn: arnOf(key.keyId), secret: Buffer.from(key.secret, 'base64') };
    },
  };
}

function arnOf(keyId: string): string {
  return createArn('kms', `key/${keyId}`);
}
