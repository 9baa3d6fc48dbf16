import { HeadlockError } from '../../shared/model/headlock-error.ts';
import { PolicyError } from '../../shared/model/policy-error.ts';
import type { ExitStatus } from '../command-context.ts';

/** Errors that are a "no", not a failure. */
const REFUSALS: ReadonlySet<string> = new Set(['stale_sequence', 'nothing_to_clear', 'unfit_anchor', 'not_confirmed']);

/** What to tell a person of an error: why, and what to do. */
export function describeError(error: unknown): { readonly text: string; readonly exitStatus: ExitStatus } {
  if (error instanceof PolicyError) return { text: error.message, exitStatus: 2 };
  if (error instanceof HeadlockError) {
    return { text: `headlock: ${oneLine(error.message)}`, exitStatus: REFUSALS.has(error.code) ? 1 : 2 };
  }
  const what = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return {
    text: `headlock: ${oneLine(what).replace(/\.?$/, '.')} Set HEADLOCK_DEBUG=1 to see where this comes from.`,
    exitStatus: 2,
  };
}

function oneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, ' ').trim();
}
