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
  /** The one that was read the longest ago first. */
  const known = new Map<string, { readonly token: AgentToken; readonly readAt: number }>();
  return {
    async read(digest) {
      const former = known.get(digest);
      const age = former === undefined ? Number.NaN : now() - former.readAt;
      // A clock that was set back makes nothing last longer.
      if (former !== undefined && age >= 0 && age < TOKEN_MEMORY_MS) return former.token;
      const readAt = now();
      const token = await tokens.read(digest);
      known.delete(digest);
      if (token !== null) known.set(digest, { token, readAt });
      for (const oldest of known.keys()) {
        if (known.size <= MAX_TOKENS) break;
        known.delete(oldest);
      }
      return token;
    },
  };
}
