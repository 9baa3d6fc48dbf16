import * as z from 'zod';
import { type BranchState, publishedStateOf } from '../../shared/model/branch-state.ts';
import { formatOfOid } from '../../shared/model/oid.ts';
import type { TrustedRevision } from '../../shared/model/trusted-revision.ts';

const POLL_AFTER_SECONDS = 30;

export const objectId = z
  .string()
  .regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/)
  .meta({ description: 'A full git object id.' });
export const time = z.iso.datetime().meta({ description: 'UTC.' });

/** What agents read of a branch (interfaces, part 3). */
export const publicationSchema = z.strictObject({
  repository: z.string(),
  branch: z.string(),
  state: z.enum(['Pending', 'Trusted', 'Locked', 'Compromised', 'Unreachable']),
  revision: objectId.nullable().meta({ description: 'The trusted revision; null where nothing is published yet.' }),
  objectFormat: z.enum(['sha1', 'sha256']),
  sequence: z.int().nonnegative().meta({ description: 'Raised by one with each published revision, for ever.' }),
  decidedAt: time.nullable(),
  tip: z.strictObject({ revision: objectId, seenAt: time }).nullable().meta({ description: 'What the forge says.' }),
  lock: z
    .strictObject({
      commit: objectId.nullable(),
      reason: z.string(),
      message: z.string(),
      nextStep: z.string(),
      since: time,
    })
    .nullable(),
  compromise: z
    .strictObject({ keys: z.array(z.string()), message: z.string(), nextStep: z.string(), since: time })
    .nullable()
    .meta({ description: 'The revision rests on a compromised key: it stays published, and nothing advances.' }),
  unreachable: z.strictObject({ cause: z.string(), since: time }).nullable(),
  observedTip: z.strictObject({ revision: objectId, enforced: z.literal(false) }).nullable(),
  pollAfterSeconds: z.int().positive(),
});
export type Publication = z.infer<typeof publicationSchema>;

/** What is published of a branch: nothing but a proven revision stands under `revision`, locked or not (trust rule 6.3). */
export function publishBranch(state: BranchState): Publication {
  const { ref, tip, unreachable, observedTip } = state;
  return {
    ...ref,
    state: publishedStateOf(state),
    ...publishState(state),
    objectFormat: formatOfOid(state.anchor),
    tip: tip && { revision: tip.revision, seenAt: tip.seenAt },
    unreachable: unreachable && { cause: unreachable.cause, since: unreachable.since },
    observedTip: observedTip && { revision: observedTip.revision, enforced: observedTip.enforced },
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
    pollAfterSeconds: POLL_AFTER_SECONDS,
  };
}

/** Takes nothing but a TrustedRevision, so that publishing an unproven commit does not compile. */
function publishRevision(trusted: TrustedRevision | null): string | null {
  return trusted?.oid ?? null;
}
