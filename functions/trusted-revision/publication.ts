import { type BranchState, publishedStateOf } from '../../shared/model/branch-state.ts';
import { formatOfOid } from '../../shared/model/oid.ts';
import type { TrustedRevision } from '../../shared/model/trusted-revision.ts';
import type { Publication } from './response-schemas.ts';

/** What is published of a branch: nothing but a proven revision stands under `revision`, locked or not (trust rule 6.3). */
export function publishBranch(state: BranchState): Omit<Publication, 'pollAfterSeconds'> {
  const { ref, tip, unreachable, observedTip } = state;
  return {
    ...ref,
    state: publishedStateOf(state),
    ...publishState(state),
    objectFormat: formatOfOid(state.anchor),
    tip: tip && { revision: tip.revision, seenAt: tip.seenAt },
    unreachable: unreachable && { cause: unreachable.cause, since: unreachable.since },
    observedTip: observedTip && { revision: observedTip.revision, enforced: observedTip.enforced },
    keyId: state.statement?.keyId ?? null,
  };
}

/** What branches and tags have in common. */
export function publishState({
  trusted,
  sequence,
  decidedAt,
  lock,
  compromise,
}: Pick<BranchState, 'trusted' | 'sequence' | 'decidedAt' | 'lock' | 'compromise'>) {
  return {
    revision: publishRevision(trusted),
    sequence,
    decidedAt,
    lock: lock && {
      commit: lock.commit,
      reason: lock.reason,
      message: lock.message,
      nextStep: lock.nextStep,
      since: lock.since,
    },
    compromise: compromise && {
      keys: [...compromise.keys],
      message: compromise.message,
      nextStep: compromise.nextStep,
      since: compromise.since,
    },
  };
}

/** Takes nothing but a TrustedRevision, so that publishing an unproven commit does not compile. */
function publishRevision(trusted: TrustedRevision | null): string | null {
  return trusted?.oid ?? null;
}
