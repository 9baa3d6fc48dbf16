import { type BranchLimits, DEFAULT_BRANCH_LIMITS } from '../../shared/model/limits.ts';

const MIB = 1024 * 1024;

/** An audit goes over whole histories, at its user's own wish. */
export const AUDIT_LIMITS: BranchLimits = { ...DEFAULT_BRANCH_LIMITS, commits: 2_000_000, packBytes: 2048 * MIB };
