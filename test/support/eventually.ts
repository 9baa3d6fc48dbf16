import { vi } from 'vitest';

/** Until the check passes. The bound, below the one of a test, is for what never comes: no test rests on how long it takes. */
export function eventually<T>(check: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(check, { timeout: 200_000, interval: 20 });
}
