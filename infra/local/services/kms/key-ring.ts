import { randomBytes, randomUUID } from 'node:crypto';
import { z } from 'zod';
import { createArn } from '../arn.ts';
import { AwsError } from '../aws-error.ts';
import { parseProperties, type ResourceProperties } from '../resource-properties.ts';
import { readSecretFile, writeSecretFile } from '../secret-file.ts';

export interface Key {
  readonly keyId: string;
  readonly arn: string;
}

export interface KeyRing {
  /** Makes an `AWS::KMS::Key` where the template's `logicalId` has none yet: a key has no name of its own. */
  ensure(logicalId: string, properties: ResourceProperties): Key;
  /** @param keyId - id or ARN. @throws AwsError `NotFoundException` */
  find(keyId: string): Key & { readonly secret: Buffer };
}

const PROPERTIES = z.object({
  KeySpec: z.literal('SYMMETRIC_DEFAULT').default('SYMMETRIC_DEFAULT'),
  KeyUsage: z.literal('ENCRYPT_DECRYPT').default('ENCRYPT_DECRYPT'),
});

const STORED_KEYS = z.array(z.object({ logicalId: z.string(), keyId: z.uuid(), secret: z.base64().length(44) }));

/** The keys of a data folder, in one file that only its owner can read; in memory where `path` is null. */
export function openKeyRing(path: string | null): KeyRing {
  const keys = STORED_KEYS.parse((path === null ? null : readSecretFile(path)) ?? []);
  return {
    ensure(logicalId, properties) {
      parseProperties('KMS key', PROPERTIES, properties);
      let key = keys.find((candidate) => candidate.logicalId === logicalId);
      if (key === undefined) {
        key = { logicalId, keyId: randomUUID(), secret: randomBytes(32).toString('base64') };
        keys.push(key);
        if (path !== null) {
          writeSecretFile(path, keys);
        }
      }
      return { keyId: key.keyId, arn: arnOf(key.keyId) };
    },
    find(keyId) {
      const key = keys.find((candidate) => candidate.keyId === keyId || arnOf(candidate.keyId) === keyId);
      if (key === undefined) {
        throw new AwsError('NotFoundException', `Key '${keyId}' does not exist`);
      }
      return { keyId: key.keyId, arn: arnOf(key.keyId), secret: Buffer.from(key.secret, 'base64') };
    },
  };
}

function arnOf(keyId: string): string {
  return createArn('kms', `key/${keyId}`);
}
