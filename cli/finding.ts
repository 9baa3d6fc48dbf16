/** What one check found: well, amiss, or not to be told. */
export interface Finding {
  readonly outcome: 'ok' | 'amiss' | 'unknown';
  /** What was checked, and what was found. */
  readonly what: string;
  /** What to do; null where nothing is to be done. */
  readonly remedy: string | null;
}

export const ok = (what: string): Finding => ({ outcome: 'ok', what, remedy: null });
export const amiss = (what: string, remedy: string): Finding => ({ outcome: 'amiss', what, remedy });
export const unknown = (what: string, remedy: string | null = null): Finding => ({ outcome: 'unknown', what, remedy });
