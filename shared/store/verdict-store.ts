import type { BranchRef } from '../model/branch-ref.ts';
import type { Oid } from '../model/oid.ts';
import type { Verdict } from '../model/verdict.ts';

export interface RecordedVerdict {
  readonly policyVersion: number;
  readonly verdict: Verdict;
}

/** Recorded verdicts, bound to repository, branch, commit, payload and policy version (trust rule 1.7). */
export interface VerdictStore {
  write(ref: BranchRef, policyVersion: number, verdicts: readonly Verdict[]): Promise<void>;
  read(ref: BranchRef, commit: Oid): Promise<RecordedVerdict | null>;
  /** Those of commits whose ids start so: two at most, for whoever asks whether there is one alone. */
  find(ref: BranchRef, start: string): Promise<readonly RecordedVerdict[]>;
}
