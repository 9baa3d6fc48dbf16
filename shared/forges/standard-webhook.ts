import { createHmac, timingSafeEqual } from 'node:crypto';
import type { DeliveryHeaders } from './delivery.ts';

const KEY_PREFIX = 'whsec_';
/** The specification asks for 24 bytes at least. */
const MIN_KEY_BYTES = 24;
/** A delivery that somebody kept is refused later than this. */
const MAX_AGE_SECONDS = 300;
const MAX_SIGNATURES = 10;

/** Whether a secret is a signing key of Standard Webhooks, and no token or password. */
export function isSigningKey(secret: string): boolean {
  return secret.startsWith(KEY_PREFIX);
}

/**
 * Verifies a delivery as Standard Webhooks signs it, GitLab's signing tokens among them: HMAC-SHA256 over id, time and bytes.
 * @param key - `whsec_` and base64
 * @param now - milliseconds since 1970
 */
export function verifyStandardWebhook(headers: DeliveryHeaders, rawBody: Buffer, key: string, now: number): boolean {
  const bytes = Buffer.from(key.slice(KEY_PREFIX.length), 'base64');
  const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures } = headers;
  if (bytes.length < MIN_KEY_BYTES || !id || !signatures || !/^\d{1,12}$/.test(timestamp ?? '')) return false;
  if (Math.abs(now / 1000 - Number(timestamp)) > MAX_AGE_SECONDS) return false;
  const expected = createHmac('sha256', bytes).update(`${id}.${timestamp}.`).update(rawBody).digest();
  // More than one while the sender's key rotates.
  const given = signatures.split(' ', MAX_SIGNATURES).filter((one) => one.startsWith('v1,'));
  return given.map((one) => isEqual(Buffer.from(one.slice(3), 'base64'), expected)).includes(true);
}

function isEqual(given: Buffer, expected: Buffer): boolean {
  return given.length === expected.length && timingSafeEqual(given, expected);
}
