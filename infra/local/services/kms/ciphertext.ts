import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { AwsError } from '../aws-error.ts';

type Context = Readonly<Record<string, string>>;

interface SecretKey {
  readonly keyId: string;
  readonly secret: Buffer;
}

const KEY_ID_END = 16;
const NONCE_END = KEY_ID_END + 12;
const TAG_END = NONCE_END + 16;

/** AES-256-GCM: key id, nonce, tag, ciphertext. The header and the encryption context are authenticated with it. */
export function sealPlaintext({ keyId, secret }: SecretKey, plaintext: Uint8Array, context: Context): Buffer {
  const header = Buffer.concat([Buffer.from(keyId.replaceAll('-', ''), 'hex'), randomBytes(12)]);
  const cipher = createCipheriv('aes-256-gcm', secret, header.subarray(KEY_ID_END));
  cipher.setAAD(authenticated(header, context));
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return Buffer.concat([header, cipher.getAuthTag(), ciphertext]);
}

/** @throws AwsError `InvalidCiphertextException` where the blob or the context is not the one that was sealed */
export function openCiphertext({ secret }: SecretKey, blob: Buffer, context: Context): Buffer {
  const header = blob.subarray(0, NONCE_END);
  const decipher = createDecipheriv('aes-256-gcm', secret, header.subarray(KEY_ID_END), { authTagLength: 16 });
  decipher.setAAD(authenticated(header, context));
  try {
    decipher.setAuthTag(blob.subarray(NONCE_END, TAG_END));
    return Buffer.concat([decipher.update(blob.subarray(TAG_END)), decipher.final()]);
  } catch {
    throw new AwsError('InvalidCiphertextException', '');
  }
}

/** @throws AwsError `InvalidCiphertextException` */
export function readKeyId(blob: Buffer): string {
  if (blob.length < TAG_END) {
    throw new AwsError('InvalidCiphertextException', '');
  }
  const hex = blob.toString('hex', 0, KEY_ID_END);
  return hex.replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, '$1-$2-$3-$4-$5');
}

/** The order of a context's pairs does not count. */
function authenticated(header: Buffer, context: Context): Buffer {
  const pairs = Object.entries(context).sort(([left], [right]) => (left < right ? -1 : 1));
  return Buffer.concat([header, Buffer.from(JSON.stringify(pairs))]);
}
