import type { BranchState } from '../../shared/model/branch-state.ts';
import type { Oid } from '../../shared/model/oid.ts';
import type { Mode } from '../../shared/model/policy.ts';
import type { AncestorStore } from '../../shared/store/ancestor-store.ts';
import { askedBehind } from '../../shared/trust/decide.ts';
import type { CommitRange } from '../../shared/trust/walk-history.ts';
import type { FetchedRange } from './fetch-range.ts';

/**
 * After a decision is recorded, keeps the ancestor index that of the published revision (trust rule 1.6): one that was read
 * from raw commits is stored, and one that is stored grows by what an advance put behind the branch. In mode `all` the walk
 * was closed, so all that can be reached from the new revision is what could be from the former one, and what was asked for
 * behind it. In other modes less was walked: the index is made again when it is next needed.
 * @param before - what was decided on
 * @param after - as it was written
 */
export async function keepAncestors(
  before: BranchState,
  after: BranchState,
  { range, rebuilt }: FetchedRange,
  mode: Mode,
  ancestors: AncestorStore,
): Promise<void> {
  const { ref, trusted, sequence } = before;
  // Before the first publication the whole history is read each time (trust rule 5.7), and few branches ever need an index.
  if (trusted === null || after.trusted === null) return;
  const from = { revision: trusted.oid, sequence };
  const to = { revision: after.trusted.oid, sequence: after.sequence };
  const isAdvance = to.sequence !== sequence;
  if (isAdvance && mode !== 'all') return;
  const added = isAdvance ? commitsBehind(range, to.revision) : [];
  if (rebuilt !== null) await ancestors.write(ref, to, [...rebuilt, ...added]);
  else if (isAdvance) await ancestors.extend(ref, from, to.revision, added);
}

function commitsBehind(range: CommitRange, revision: Oid): readonly Oid[] {
  const { asked } = range;
  return askedBehind(range, asked.indexOf(revision)).map((position) => asked[position] as Oid);
}
