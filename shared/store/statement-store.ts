import type { BranchRef } from '../model/branch-ref.ts';
import type { SignedStatement } from '../model/statement.ts';

/** The latest signed statement of each branch (trust rule 6.1). */
export interface StatementStore {
  /** A consistent read: what was served once is never followed by an earlier one (trust rule 6.2). */
  read(ref: BranchRef): Promise<SignedStatement | null>;
  /** Takes the place of an earlier one. Where a later one is stored, nothing changes. The same one again is harmless. */
  put(ref: BranchRef, statement: SignedStatement): Promise<void>;
}
