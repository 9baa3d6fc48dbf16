import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { AwsError } from '../aws-error.ts';
import type { SecretKey } from './key-ring.ts';

type Context = Readonly<Record<string, string>>;

const KEY_ID_END = 16;
const NONCE_END = KEY_ID_END + 12;
const TAG_END = NONCE_END + 16;

/** AES-256-GCM: key id, nonce, tag, ciphertext. The encryption context is authenticated with it. */
export function sealPlaintext({ keyId, secret }: SecretKey, plaintext: Uint8Array, context: Context): Buffer {
  const nonce = randomBytes(NONCE_END - KEY_ID_END);
  const cipher = createCipheriv('aes-256-gcm', secret, nonce).setAAD(authenticated(context));
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return Buffer.concat([Buffer.from(keyId.replaceAll('-', ''), 'hex'), nonce, cipher.getAuthTag(), ciphertext]);
}

/** @throws AwsError `InvalidCiphertextException` where the blob or the context is not the one that was sealed */
export function openCiphertext({ secret }: SecretKey, blob: Buffer, context: Context): Buffer {
  try {
    const nonce = blob.subarray(KEY_ID_END, NONCE_END);
    const decipher = createDecipheriv('aes-256-gcm', secret, nonce, { authTagLength: TAG_END - NONCE_END });
    decipher.setAAD(authenticated(context)).setAuthTag(blob.subarray(NONCE_END, TAG_END));
    return Buffer.concat([decipher.update(blob.subarray(TAG_END)), decipher.final()]);
  } catch {
    throw new AwsError('InvalidCiphertextException', '');
  }
}

/** The id of the key that sealed it, in the form that KMS writes. */
export function readKeyId(blob: Buffer): string {
  return blob.toString('hex', 0, KEY_ID_END).replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, '$1-$2-$3-$4-$5');
}

/** The order of a context's pairs does not count. */
function authenticated(context: Context): Buffer {
  const pairs = Object.entries(context).sort(([left], [right]) => (left < right ? -1 : 1));
  return Buffer.from(JSON.stringify(pairs));
}
