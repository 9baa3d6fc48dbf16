import { isUtf8 } from 'node:buffer';
import { createHash, timingSafeEqual } from 'node:crypto';
import { Webhooks } from '@octokit/webhooks';
import type { Provider } from '../model/policy.ts';
import type { DeliveryHeaders } from './delivery.ts';

type Authenticate = (headers: DeliveryHeaders, rawBody: Buffer, secret: string) => boolean | Promise<boolean>;

const BY_PROVIDER: Readonly<Record<Provider, Authenticate>> = {
  github: verifyHubSignature,
  gitlab: verifyToken,
  generic: verifyHubSignature,
};

/**
 * Whether somebody who knows one of the secrets made the delivery. Works on the bytes as they came, before anything is
 * parsed, in constant time; every secret is tried, so the time does not tell which one fits.
 */
export async function authenticateDelivery(
  provider: Provider,
  headers: DeliveryHeaders,
  rawBody: Buffer,
  secrets: readonly string[],
): Promise<boolean> {
  // An empty secret would be known to everybody.
  const usable = secrets.filter((secret) => secret !== '');
  const authenticate = BY_PROVIDER[provider];
  const results = await Promise.all(usable.map((secret) => authenticate(headers, rawBody, secret)));
  return results.includes(true);
}

/** GitHub's `X-Hub-Signature-256`, which Gitea, Forgejo and many others send too. */
async function verifyHubSignature(headers: DeliveryHeaders, rawBody: Buffer, secret: string): Promise<boolean> {
  // The library takes text: bytes that are none would be replaced, and others than those that came would be verified.
  if (rawBody.length === 0 || !isUtf8(rawBody)) return false;
  const signature = headers['x-hub-signature-256'] || 'none';
  return new Webhooks({ secret }).verify(rawBody.toString('utf8'), signature);
}

/** GitLab's `X-Gitlab-Token`: the secret itself, for it signs nothing. The hashes make both sides equally long. */
function verifyToken(headers: DeliveryHeaders, _: Buffer, secret: string): boolean {
  return timingSafeEqual(sha256(headers['x-gitlab-token'] ?? ''), sha256(secret));
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
