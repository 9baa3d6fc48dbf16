import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  randomUUID,
} from 'node:crypto';
import { z } from 'zod';
import { createArn } from '../arn.ts';
import { parseProperties, type ResourceProperties } from '../resource-properties.ts';
import { readSecretFile, writeSecretFile } from '../secret-file.ts';

export interface Key {
  readonly keyId: string;
  readonly arn: string;
}

/** Of the spec `SYMMETRIC_DEFAULT`. */
export interface SecretKey extends Key {
  readonly spec: 'SYMMETRIC_DEFAULT';
  readonly secret: Buffer;
}

/** Of the spec `ECC_NIST_P256`, for signatures. */
export interface SigningKey extends Key {
  readonly spec: 'ECC_NIST_P256';
  /** The private key's scalar, 32 bytes. */
  readonly secret: Buffer;
  readonly publicKey: KeyObject;
}

export type KeyRing = ReturnType<typeof openKeyRing>;

const PROPERTIES = z.union([
  z.object({
    KeySpec: z.literal('SYMMETRIC_DEFAULT').default('SYMMETRIC_DEFAULT'),
    KeyUsage: z.literal('ENCRYPT_DECRYPT').optional(),
  }),
  // CloudFormation demands the usage of an asymmetric key.
  z.object({ KeySpec: z.literal('ECC_NIST_P256'), KeyUsage: z.literal('SIGN_VERIFY') }),
]);

const NAMES = { logicalId: z.string(), keyId: z.uuid() };
const STORED_KEYS = z.array(
  z.union([
    z.strictObject({ ...NAMES, secret: z.base64().length(44) }),
    // PKCS #8 in DER.
    z.strictObject({ ...NAMES, privateKey: z.base64() }),
  ]),
);
type StoredKey = z.infer<typeof STORED_KEYS>[number];

/** The keys of a data folder, in one file that only its owner can read. */
export function openKeyRing(path: string) {
  const keys = readSecretFile(path, STORED_KEYS) ?? [];
  return {
    /** Makes an `AWS::KMS::Key` where the template's `logicalId` has none yet: a key has no name of its own. */
    ensure(logicalId: string, properties: ResourceProperties): Key {
      const { KeySpec: spec } = parseProperties('KMS key', PROPERTIES, properties);
      const known = keys.find((key) => key.logicalId === logicalId);
      if (known !== undefined) return { keyId: known.keyId, arn: arnOf(known.keyId) };
      const keyId = randomUUID();
      keys.push({ logicalId, keyId, ...createMaterial(spec) });
      writeSecretFile(path, keys);
      return { keyId, arn: arnOf(keyId) };
    },
    /** @param wanted - id or ARN. */
    find(wanted: string): SecretKey | SigningKey | undefined {
      const key = keys.find(({ keyId }) => keyId === wanted || arnOf(keyId) === wanted);
      return key && openKey(key);
    },
  };
}

function createMaterial(spec: 'SYMMETRIC_DEFAULT' | 'ECC_NIST_P256'): { secret: string } | { privateKey: string } {
  if (spec === 'SYMMETRIC_DEFAULT') return { secret: randomBytes(32).toString('base64') };
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  return { privateKey: privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64') };
}

function openKey(stored: StoredKey): SecretKey | SigningKey {
  const names = { keyId: stored.keyId, arn: arnOf(stored.keyId) };
  if ('secret' in stored) {
    return { ...names, spec: 'SYMMETRIC_DEFAULT', secret: Buffer.from(stored.secret, 'base64') };
  }
  const der = Buffer.from(stored.privateKey, 'base64');
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  const secret = Buffer.from(privateKey.export({ format: 'jwk' }).d ?? '', 'base64url');
  return { ...names, spec: 'ECC_NIST_P256', secret, publicKey: createPublicKey(privateKey) };
}

function arnOf(keyId: string): string {
  return createArn('kms', `key/${keyId}`);
}
