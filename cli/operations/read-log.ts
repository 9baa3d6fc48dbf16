import type { BranchRef } from '../../shared/model/branch-ref.ts';
import { isAllTags, tagOfRefName } from '../../shared/model/tag-ref.ts';
import type { RecordedEvent } from '../../shared/store/history-store.ts';
import type { Installation } from './installation.ts';
import { readStatus } from './read-status.ts';

/**
 * The audit trail of a branch or tag, the newest event first: also of one that the policy no longer names (trust rule 5.6).
 * @throws HeadlockError `no_such_repository`, `no_such_branch`
 */
export async function readLog(
  ref: BranchRef,
  limit: number,
  installation: Pick<Installation, 'history' | 'policies' | 'branches'>,
): Promise<readonly RecordedEvent[]> {
  const events = await installation.history.pageEvents(ref, { newestFirst: true, limit });
  const { repository, branch } = ref;
  const isTag = isAllTags(ref) || tagOfRefName(branch) !== null;
  if (events.length === 0) await readStatus(isTag ? { repository } : ref, installation);
  return events;
}
