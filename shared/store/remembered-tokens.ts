import { createExpiringCache } from './expiring-cache.ts';
import type { AgentToken, TokenStore } from './token-store.ts';

/** How long a revoked token may still open, by whoever remembers it. Two polls at the usual interval. */
export const TOKEN_MEMORY_MS = 60_000;

const MAX_TOKENS = 10_000;

/**
 * Tokens that were read lately, so that most polls cost no read of them. What is not found is asked for each time: a new
 * token opens at once. Whether a token has expired is for the caller to see.
 * @param now - milliseconds since 1970
 */
export function rememberTokens(tokens: Pick<TokenStore, 'read'>, now: () => number): Pick<TokenStore, 'read'> {
  const known = createExpiringCache<AgentToken>({ lifetimeMs: TOKEN_MEMORY_MS, maxEntries: MAX_TOKENS, now });
  return {
    async read(digest) {
      const former = known.get(digest);
      if (former !== null) return former;
      const askedAt = now();
      const token = await tokens.read(digest);
      if (token !== null) known.set(digest, token, askedAt);
      return token;
    },
  };
}
