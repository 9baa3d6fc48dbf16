import type { BranchState, RevisionRecord } from '../model/branch-state.ts';
import type { Proof } from '../model/statement.ts';

/** What one published revision adds. */
type Step = Pick<RevisionRecord, 'sequence' | 'revision' | 'previous' | 'mode' | 'keyTime'>;
type Anchoring = Pick<BranchState, 'anchor' | 'anchorSequence'>;

/**
 * What is proven once a revision is published on top of what was proven before (trust rule 6.1). Another mode or `keyTime`
 * begins anew; what was not proven in mode `all` once is no whole history any more, until an operator anchors the branch.
 * @param former - null where nothing was published since the anchor, or where it is not known what was
 * @returns null where it is not known what the revision rests on
 */
export function nextProof(former: Proof | null, step: Step, { anchor, anchorSequence }: Anchoring): Proof | null {
  const { sequence, revision, previous, mode, keyTime } = step;
  const isAnchoring = sequence === anchorSequence;
  if (former === null && !isAnchoring) return null;
  // An operator cleared a lock: that proves nothing.
  if (former !== null && !isAnchoring && revision === previous) return { ...former, previous };
  const known = isAnchoring ? null : former;
  const isContinued = known !== null && known.mode === mode && known.keyTime === keyTime;
  // Behind the anchor itself nothing was proven that could be less.
  const isWholeBefore = known === null || previous === anchor || known.isWhole;
  return {
    ...{ previous, mode, keyTime, tree: null },
    since: isContinued ? known.since : sequence,
    isWhole: mode === 'all' && isWholeBefore,
  };
}

/**
 * The same from the records of a branch, for one that published before statements were issued.
 * @param records - of every published revision, in the order of their sequences
 */
export function rebuildProof(
  { anchor, anchorSequence, sequence }: Anchoring & Pick<BranchState, 'sequence'>,
  records: readonly RevisionRecord[],
): Proof | null {
  const since = records.filter((record) => record.sequence >= anchorSequence);
  if (since.at(-1)?.sequence !== sequence) return null;
  // A backup may miss one: after a restore sequences have gaps, so what each was published on top of tells.
  if (since.some(({ previous }, n) => n > 0 && previous !== since[n - 1]?.revision)) return null;
  return since.reduce<Proof | null>((proof, record) => nextProof(proof, record, { anchor, anchorSequence }), null);
}
