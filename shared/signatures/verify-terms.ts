import type { KeyTime, UnixSeconds } from '../model/signatory.ts';

/** By which rules of a branch a signer is judged, and when. */
export interface VerifyTerms {
  readonly keyTime: KeyTime;
  /** Whether the committer's email must be one of the signatory's, whatever the signatory says. */
  readonly matchEmail: boolean;
  /** When Headlock first fetched the commit as new on this branch (trust rule 3.1). */
  readonly firstSeen: UnixSeconds;
  /** Now, where the commit is judged again (trust rule 3.2); `firstSeen` where it is not said. */
  readonly judgedAt?: UnixSeconds;
}
