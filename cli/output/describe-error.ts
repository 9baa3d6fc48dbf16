import { HeadlockError } from '../../shared/model/headlock-error.ts';
import { PolicyError } from '../../shared/model/policy-error.ts';
import type { ExitStatus } from '../command-context.ts';

/** Errors that are a "no", not a failure. */
const REFUSALS: ReadonlySet<string> = new Set(['stale_sequence', 'nothing_to_clear', 'unfit_anchor', 'not_confirmed']);

/** Errors that list problems of a file of the operator's own, a line each. */
const LISTS: ReadonlySet<string> = new Set(['unusable_context']);

/** What to tell a person of an error: why, and what to do. */
export function describeError(error: unknown): { readonly text: string; readonly exitStatus: ExitStatus } {
  if (error instanceof PolicyError) return { text: error.message, exitStatus: 2 };
  if (error instanceof HeadlockError) {
    const text = LISTS.has(error.code) ? error.message : oneLine(error.message);
    return { text: `headlock: ${text}`, exitStatus: REFUSALS.has(error.code) ? 1 : 2 };
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
