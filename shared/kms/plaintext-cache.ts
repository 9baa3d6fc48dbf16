const MAX_ENTRIES = 1_000;

/** Opened secrets, in memory only, each for a bounded time (trust rule 7.1). */
export interface PlaintextCache {
  get(key: string): string | null;
  set(key: string, plaintext: string): void;
}

/** @param now - milliseconds since 1970. */
export function createPlaintextCache(lifetimeMs: number, now: () => number): PlaintextCache {
  // In the order in which they were opened, so the first is the oldest.
  const entries = new Map<string, { readonly plaintext: string; readonly until: number }>();

  const dropOld = () => {
    for (const [key, { until }] of entries) {
      if (until > now() && entries.size <= MAX_ENTRIES) return;
      entries.delete(key);
    }
  };

  return {
    get(key) {
      dropOld();
      return entries.get(key)?.plaintext ?? null;
    },
    set(key, plaintext) {
      entries.delete(key);
      entries.set(key, { plaintext, until: now() + lifetimeMs });
      dropOld();
    },
  };
}
