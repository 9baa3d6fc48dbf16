import type { Oid } from './oid.ts';

declare const proven: unique symbol;

/**
 * A commit whose history back to the anchor was proven. Only `shared/trust` mints one and only `shared/store` brings one
 * back (a test holds this), so code that serves an unproven commit does not compile.
 */
export interface TrustedRevision {
  readonly oid: Oid;
  readonly [proven]: true;
}

/** The forge's tip under `enforcement: report`: shown, never trusted (trust rule 4.6). */
export interface ObservedTip {
  readonly revision: Oid;
  readonly enforced: false;
}

/** For `shared/trust` (which proves) and `shared/store` (which reads what was proven) alone. */
export function mintTrustedRevision(oid: Oid): TrustedRevision {
  return { oid } as TrustedRevision;
}
