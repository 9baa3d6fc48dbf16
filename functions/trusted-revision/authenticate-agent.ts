import { HeadlockError } from '../../shared/model/headlock-error.ts';
import type { AgentToken, TokenStore } from '../../shared/store/token-store.ts';
import { hashTokenText, isTokenText } from '../../shared/store/token-text.ts';

/**
 * The token of an `Authorization` header: `Bearer hl_…`, or `Basic` with the token as password (RFC 6750, RFC 7617).
 *
 * @throws HeadlockError `unauthenticated`, the same for a missing, unknown, expired or revoked token
 */
export async function authenticateAgent(
  tokens: Pick<TokenStore, 'read'>,
  authorization: string | undefined,
  now: Date,
): Promise<AgentToken> {
  const text = readTokenText(authorization ?? '');
  const token = isTokenText(text) ? await tokens.read(hashTokenText(text)) : null;
  if (token === null || token.revoked !== null || hasExpired(token, now)) throw createUnauthenticatedError();
  return token;
}

function readTokenText(authorization: string): string {
  const [scheme = '', credentials = ''] = authorization.split(/ +/);
  if (scheme.toLowerCase() === 'bearer') return credentials;
  if (scheme.toLowerCase() !== 'basic') return '';
  const pair = Buffer.from(credentials, 'base64').toString('utf8');
  return pair.slice(pair.indexOf(':') + 1);
}

function hasExpired({ expires }: AgentToken, now: Date): boolean {
  return expires !== null && now >= new Date(expires);
}

function createUnauthenticatedError(): HeadlockError<'unauthenticated'> {
  return new HeadlockError(
    'unauthenticated',
    'Send a valid token as `Authorization: Bearer hl_…`. `headlock token create` makes one, `headlock token list` shows which have expired.',
    { kind: 'input' },
  );
}
