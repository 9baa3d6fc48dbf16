import { Buffer } from 'node:buffer';
import { type KeyObject, sign } from 'node:crypto';

/** GitHub advises to date it back: its clock and ours may differ. */
const BACKDATED_SECONDS = 60;
/** It is used at once; GitHub takes none that is valid for more than ten minutes. */
const LIFETIME_SECONDS = 300;

/**
 * The JSON Web Token (RFC 7519) by which a GitHub App signs in: RS256 (RFC 7518, section 3.3), with issuer, time and expiry.
 * @param appId - its app id or client id
 * @param now - milliseconds since 1970
 */
export function createAppJwt(appId: string, key: KeyObject, now: number): string {
  const seconds = Math.floor(now / 1000);
  const claims = { iat: seconds - BACKDATED_SECONDS, exp: seconds + LIFETIME_SECONDS, iss: appId };
  const signed = [{ alg: 'RS256', typ: 'JWT' }, claims].map(encode).join('.');
  return `${signed}.${sign('sha256', Buffer.from(signed), key).toString('base64url')}`;
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}
