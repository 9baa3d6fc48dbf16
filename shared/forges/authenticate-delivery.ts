import { isUtf8 } from 'node:buffer';
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { Webhooks } from '@octokit/webhooks';
import type { Provider } from '../model/policy.ts';
import type { DeliveryHeaders } from './delivery.ts';
import { isSigningKey, verifyStandardWebhook } from './standard-webhook.ts';

type Authenticate = (headers: DeliveryHeaders, rawBody: Buffer, secret: string) => boolean | Promise<boolean>;

/** How each provider proves that it knows a secret, where that is no signing key of Standard Webhooks. */
const BY_PROVIDER: Readonly<Record<Provider, Authenticate>> = {
  github: hubSignature('x-hub-signature-256'),
  gitlab: verifyToken,
  // Both send GitHub's header beside their own.
  gitea: hubSignature('x-hub-signature-256'),
  forgejo: hubSignature('x-hub-signature-256'),
  bitbucket: hubSignature('x-hub-signature'),
  generic: hubSignature('x-hub-signature-256'),
};

/** Who may sign as Standard Webhooks does. */
const STANDARD: ReadonlySet<Provider> = new Set(['gitlab', 'generic']);

/** A secret has two values while it rotates. */
const MAX_VALUES = 2;
const DECOY = randomBytes(32).toString('hex');
const DECOY_KEY = `whsec_${randomBytes(32).toString('base64')}`;

/**
 * Whether somebody who knows one of the secrets made the delivery. Works on the bytes as they came, before anything is
 * parsed, in constant time; every secret is tried, so the time does not tell which one fits.
 * @param now - milliseconds since 1970
 */
export async function authenticateDelivery(
  provider: Provider,
  headers: DeliveryHeaders,
  rawBody: Buffer,
  secrets: readonly string[],
  now: number,
): Promise<boolean> {
  // An empty secret would be known to everybody.
  const usable = secrets.filter((secret) => secret !== '');
  // Who has a signing key takes no token any more: a token travels with every delivery, and proves less.
  const keys = STANDARD.has(provider) ? usable.filter(isSigningKey) : [];
  const authenticate: Authenticate =
    keys.length > 0 ? (...delivery) => verifyStandardWebhook(...delivery, now) : BY_PROVIDER[provider];
  const tried = keys.length > 0 ? keys : usable;
  // A body takes long to hash where it is large: it is hashed as often, and in the same ways, for every source, known or not.
  const hashed = authenticate === verifyToken || keys.length > 0 ? 0 : tried.length;
  const decoys = Array.from({ length: Math.max(0, MAX_VALUES - hashed) }, () => hashInVain(headers, rawBody, DECOY));
  for (let n = keys.length; n < MAX_VALUES; n += 1) verifyStandardWebhook(headers, rawBody, DECOY_KEY, now);
  const results = await Promise.all(tried.map((secret) => authenticate(headers, rawBody, secret)));
  await Promise.all(decoys);
  return results.includes(true);
}

/** `sha256=` and the HMAC-SHA256 of the body in hexadecimal digits, as GitHub and most others send it. */
function hubSignature(header: string): Authenticate {
  return async (headers, rawBody, secret) => {
    // The library takes text: bytes that are none would be replaced, and others than those that came would be verified.
    if (rawBody.length === 0 || !isUtf8(rawBody)) return false;
    return new Webhooks({ secret }).verify(rawBody.toString('utf8'), headers[header] || 'none');
  };
}

const hashInVain = hubSignature('x-hub-signature-256');

/** GitLab's `X-Gitlab-Token`: the secret itself, for it signs nothing. The hashes make both sides equally long. */
function verifyToken(headers: DeliveryHeaders, _: Buffer, secret: string): boolean {
  return timingSafeEqual(sha256(headers['x-gitlab-token'] ?? ''), sha256(secret));
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
