import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { AwsError } from './aws-error.ts';

/** What signs requests to these services. Made at random on this machine; worth nothing anywhere else. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([\w-]+)\/(\d{8})\/([\w-]+)\/([\w-]+)\/aws4_request, ?SignedHeaders=([\w;-]+), ?Signature=([0-9a-f]{64})$/;

/**
 * Refuses a request that our credentials did not sign: any program of this machine can reach a loopback port.
 * The path is always `/` and there is no query.
 *
 * @param find - whose access key it is
 * @returns who signed it
 * @throws AwsError
 */
export function assertSigned<Signer extends { readonly credentials: Credentials }>(
  headers: IncomingHttpHeaders,
  body: Uint8Array,
  find: (accessKeyId: string) => Signer | undefined,
): Signer {
  const authorization = AUTHORIZATION.exec(headers.authorization ?? '');
  if (authorization === null) throw refuse('MissingAuthenticationTokenException', 'The request is not signed.');
  const [, accessKeyId = '', date = '', region = '', service = '', signedHeaders = '', signature = ''] = authorization;
  const signer = find(accessKeyId);
  if (signer === undefined) {
    throw refuse('UnrecognizedClientException', 'Use the credentials of the running instance.');
  }
  const canonicalHeaders = signedHeaders.split(';').map((name) => `${name}:${canonicalize(headers[name])}`);
  const canonicalRequest = ['POST', '/', '', ...canonicalHeaders, '', signedHeaders, sha256(body)].join('\n');
  const scope = [date, region, service, 'aws4_request'];
  const about = [headers['x-amz-date'], scope.join('/'), sha256(canonicalRequest)];
  const stringToSign = ['AWS4-HMAC-SHA256', ...about].join('\n');
  const key = deriveKey(signer.credentials, scope);
  if (!timingSafeEqual(hmac(key, stringToSign), Buffer.from(signature, 'hex'))) {
    throw refuse('InvalidSignatureException', 'The signature does not match the request.');
  }
  return signer;
}

/** By secret and scope: clients sign with the same one for a whole day. Whoever asks names the scope, so they are bounded. */
const derivedKeys = new Map<string, Buffer>();
const MAX_DERIVED_KEYS = 100;

function deriveKey({ secretAccessKey }: Credentials, scope: readonly string[]): Buffer {
  const name = [secretAccessKey, ...scope].join('/');
  const known = derivedKeys.get(name);
  if (known !== undefined) return known;
  const key = scope.reduce<Buffer>((parent, part) => hmac(parent, part), Buffer.from(`AWS4${secretAccessKey}`));
  if (derivedKeys.size >= MAX_DERIVED_KEYS) derivedKeys.clear();
  derivedKeys.set(name, key);
  return key;
}

function refuse(name: string, message: string): AwsError {
  return new AwsError(name, message, 403);
}

function canonicalize(value: string | string[] | undefined): string {
  return String(value ?? '')
    .replace(/\s+/g, ' ')
    .trim();
}

function sha256(bytes: string | Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
