import type { UnixSeconds } from '../model/signatory.ts';
import { formatTime } from './format-time.ts';
import type { VerifyTerms } from './verify-terms.ts';

/** A time at which a key must be valid. */
export interface Moment {
  readonly at: UnixSeconds;
  readonly what: 'the signature is dated' | 'the commit is dated' | 'the commit was first seen on';
}

/**
 * Trust rule 3.1: the signature's own time, a claim, and first seen; the claim alone where `keyTime` is relaxed. An SSH
 * signature has no time: the committer's date stands in.
 */
export function momentsThatCount(
  signedAt: UnixSeconds | null,
  committedAt: UnixSeconds,
  terms: VerifyTerms,
): readonly [Moment, ...Moment[]] {
  const dated: Moment =
    signedAt === null
      ? { at: committedAt, what: 'the commit is dated' }
      : { at: signedAt, what: 'the signature is dated' };
  if (terms.keyTime !== 'first-seen') return [dated];
  return [dated, { at: terms.firstSeen, what: 'the commit was first seen on' }];
}

/** As a clause that follows "and". */
export function describeMoment({ at, what }: Moment): string {
  return `${what} ${formatTime(at)}`;
}
