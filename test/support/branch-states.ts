import type { BranchState } from '../../shared/model/branch-state.ts';
import { mintTrustedRevision } from '../../shared/model/trusted-revision.ts';
import { createBranchState as createFirstState } from '../../shared/trust/apply-policy.ts';
import { createBranchPolicy } from './policies.ts';
import { oidOf } from './small-history.ts';

const CHANGE = { policyVersion: 0, actor: 'a test', now: '2026-11-21T10:00:00.000Z', url: null, exceptions: {} };

/** A branch that was never written, with nothing decided and nothing due. */
export function createBranchState(changes: Partial<BranchState> = {}): BranchState {
  const first = createFirstState({ repository: 'payments', branch: 'main' }, createBranchPolicy(), CHANGE);
  return { ...first, due: [], ...changes };
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
