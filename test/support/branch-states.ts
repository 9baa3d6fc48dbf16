import type { BranchState } from '../../shared/model/branch-state.ts';
import { type Oid, parseOid } from '../../shared/model/oid.ts';
import { mintTrustedRevision } from '../../shared/model/trusted-revision.ts';

/** A full id made of one repeated digit. */
export const oidOf = (digit: string, digits = 40): Oid => parseOid(digit.repeat(digits));

/** A branch that was never written, with nothing decided. */
export function createBranchState(changes: Partial<BranchState> = {}): BranchState {
  return {
    ref: { repository: 'payments', branch: 'main' },
    version: 0,
    sequence: 0,
    trusted: null,
    anchor: oidOf('a'),
    operatorAnchored: false,
    enforcement: 'enforce',
    policyVersion: 0,
    decidedAt: null,
    tip: null,
    lock: null,
    observedTip: null,
    unreachable: null,
    lagging: null,
    recheckAt: null,
    seenFrom: '2026-11-21T10:00:00.000Z',
    due: [],
    alertedLocks: [],
    alertHour: null,
    retired: false,
    ...changes,
  };
}

/** A branch that has published its first revision and then locked. */
export function createLockedBranchState(changes: Partial<BranchState> = {}): BranchState {
  return createBranchState({
    sequence: 1,
    trusted: mintTrustedRevision(oidOf('b')),
    policyVersion: 1,
    decidedAt: '2026-11-21T10:15:00.000Z',
    tip: { revision: oidOf('c'), seenAt: '2026-11-21T10:15:00.000Z' },
    lock: {
      commit: oidOf('c'),
      reason: 'unsigned',
      message: 'cccc… by Bob <bob@example.com> carries no signature.',
      nextStep: 'Sign it, or drop it from the branch.',
      since: '2026-11-21T10:15:00.000Z',
    },
    ...changes,
  });
}
