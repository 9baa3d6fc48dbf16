/** Values by name, in memory only, each for a bounded time, and a bounded number of them. */
export interface ExpiringCache<Value> {
  get(name: string): Value | null;
  /** @param asOf - when the value was asked for, in milliseconds since 1970: its time counts from then */
  set(name: string, value: Value, asOf: number): void;
  delete(name: string): void;
}

export interface ExpiringCacheOptions {
  readonly lifetimeMs: number;
  /** Past it the one that was set the longest ago goes. */
  readonly maxEntries: number;
  /** Milliseconds since 1970. A clock that was set back makes nothing last longer. */
  readonly now: () => number;
}

export function createExpiringCache<Value>({
  lifetimeMs,
  maxEntries,
  now,
}: ExpiringCacheOptions): ExpiringCache<Value> {
  /** The one that was set the longest ago first. */
  const entries = new Map<string, { readonly value: Value; readonly asOf: number }>();

  const isFresh = (asOf: number) => {
    const age = now() - asOf;
    return age >= 0 && age < lifetimeMs;
  };
  /** What nobody asks for any more, a secret perhaps, goes when anything is asked for: between events nothing runs. */
  const dropOld = () => {
    for (const [name, { asOf }] of entries) {
      if (isFresh(asOf) && entries.size <= maxEntries) return;
      entries.delete(name);
    }
  };

  return {
    get(name) {
      dropOld();
      const entry = entries.get(name);
      return entry !== undefined && isFresh(entry.asOf) ? entry.value : null;
    },
    set(name, value, asOf) {
      entries.delete(name);
      entries.set(name, { value, asOf });
      dropOld();
    },
    delete: (name) => void entries.delete(name),
  };
}
