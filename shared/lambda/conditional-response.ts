import { createHash } from 'node:crypto';
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';

/**
 * A JSON answer with a strong entity tag over its bytes, or 304 without a body where the client has them already
 * (RFC 9110, sections 8.8.3 and 13.1.2). It depends on who asks, so only the client itself may keep it.
 */
export function respondConditionally(
  value: object,
  ifNoneMatch: string | undefined,
  maxAgeSeconds: number,
): APIGatewayProxyStructuredResultV2 {
  return respondWithText(JSON.stringify(value), 'application/json', ifNoneMatch, maxAgeSeconds);
}

/** The same for what is text already, byte for byte. */
export function respondWithText(
  body: string,
  contentType: string,
  ifNoneMatch: string | undefined,
  maxAgeSeconds: number,
): APIGatewayProxyStructuredResultV2 {
  const etag = `"${createHash('sha256').update(body).digest('base64url')}"`;
  const headers = { etag, 'cache-control': `private, max-age=${maxAgeSeconds}`, vary: 'Authorization' };
  if (matchesEntityTag(ifNoneMatch, etag)) return { statusCode: 304, headers };
  return { statusCode: 200, headers: { ...headers, 'content-type': contentType }, body };
}

/** The weak comparison that `If-None-Match` asks for. Ours hold no comma, so a list is cut at commas. */
function matchesEntityTag(ifNoneMatch: string | undefined, etag: string): boolean {
  const tags = (ifNoneMatch ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return tags.includes(etag) || tags.includes('*');
}
